"""Telephone numbers in a text about a database: told from its figures, times, places in the log and identifiers.

What a number looks like is known where rows are masked (`tools.postgres.copying.texts`). A text about a database has other
numbers that look the same, so one without `+` counts only where its place says that it is one.
"""

import re
from collections.abc import Iterator

from tools.postgres.copying.kinds import kind_of_name
from tools.postgres.copying.proofs import EVEN
from tools.postgres.copying.texts import apart, called, dialled_within, is_dialled, phones

_OPERAND, _ESCAPE = re.compile(r"[A-Za-z0-9_]\Z"), re.compile(r"\\[bfnrtv]\Z")
_ZONE = re.compile(r":\d\d(?:[.,]\d+)? \Z")
_OFFSET = re.compile(r"\+1[0-4](?:[0-5]\d)?(?!\d)")
_NO_COUNTRY = re.compile(r"\+\(?0|\+\d{4}-\d\d-\d\d")
"""No country's code begins with a zero (ITU-T E.164); a day after a sign is a line of a comparison."""
_FIGURE = re.compile(
    r"\d{4}-\d\d-\d\d|(?!0\d)(?:\d+\.\d+(?: ?- ?\d+(?:\.\d+)?)?|\d+(?:\.\d+)?(?: - |\.\.)\d+(?:\.\d+)?)\Z"
    r"|\d{1,2}([./-])\d{1,2}\1\d{4}(?!\d)"
)
"""A day, a figure with decimals, a range."""
_UNIT = re.compile(
    r":\d| ?(?:(?:[mµun]?s|min|h|[kKMGT]i?B|bytes?|rows?|pages?|blocks?|buffers?|hits?|times|loops?|tuples?|scans?|calls?)\b)"
)
_QUOTED = re.compile(r"(?:\A|['\"])%?\Z"), re.compile(r"%?(?:['\"]|\Z)")
_COMPARED = re.compile(r"""(?:[=<>~*:]|\b(?:i?like|in|any))[ ]?[('"{%]*(?=\d)([\d ()./%,'"{}-]{7,})""", re.I)
_NUMBER = re.compile(r"\(?\d(?:[ ()./-]{0,2}\d){6,14}(?!\d)")
_COLUMN = re.compile(r"""([^\W\d]\w*)["')\]]*(?:::[a-z ]+)?[ ]?(?:[<>!~*=]|\b(?:not|i?like|in|any)\b|[ (])*\Z""", re.I)
_LONGEST = 120
"""Signs of a column's name with its type and operator."""
_BEFORE, _AFTER = 2 * _LONGEST, 40
"""Signs around digits that can matter to what they are."""
_DIGITS = re.compile(rf"""\d[\d ()./%,'"{{}}{"".join(map(re.escape, map(chr, EVEN)))}-]{{5,}}\d""")
"""As many as a number has, and all that may stand in a number or a list of them."""


def telephones(text: str) -> list[tuple[int, int]]:
    """Where the telephone numbers of a text begin and end, in order.

    8 to 15 digits after `+`; without it, 7 to 15 that follow a word such as `call`, are compared with a column whose name
    says what it holds, or are a whole literal written with the prefix of their country.
    """
    found: list[tuple[int, int]] = []
    for first, last in _stretches(text):
        even = text[first:last].translate(EVEN)
        near = apart((*_abroad(even), *_called(even), *_literals(even), *_compared(even)))
        found += [(first + start, first + end) for start, end in near]
    return found


def _stretches(text: str) -> list[tuple[int, int]]:
    """The parts of a text in which a number may be, with what stands around it: all else need not be looked at."""
    found: list[tuple[int, int]] = []
    for digits in _DIGITS.finditer(text):
        first, last = max(0, digits.start() - _BEFORE), min(len(text), digits.end() + _AFTER)
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def _abroad(text: str) -> Iterator[tuple[int, int]]:
    for start, end in phones(text):
        before = text[max(0, start - 40) : start]
        zone = _ZONE.search(before) and _OFFSET.match(text, start)
        if not (zone or _NO_COUNTRY.match(text, start) or _is_operand(before)):
            yield start, end


def _is_operand(before: str) -> bool:
    """Whether a sum's first operand ends there; the letter of an escape such as `\\n` is none."""
    return _OPERAND.search(before) is not None and _ESCAPE.search(before) is None


def _called(text: str) -> Iterator[tuple[int, int]]:
    return ((start, end) for start, end in called(text) if not _is_figure(text, start, end))


def _literals(text: str) -> Iterator[tuple[int, int]]:
    before, after = _QUOTED
    for start, end in dialled_within(text):
        if before.search(text[max(0, start - 2) : start]) and after.match(text, end):
            yield start, end


def _compared(text: str) -> Iterator[tuple[int, int]]:
    for values in _COMPARED.finditer(text):
        numbers = [each.span() for each in _NUMBER.finditer(text, *values.span(1)) if is_dialled(each[0])]
        if numbers := [each for each in numbers if not _is_figure(text, *each)]:
            name = _COLUMN.search(text[max(0, values.start() - _LONGEST) : values.start()])
            if name and kind_of_name(name[1]) == "phone":
                yield from numbers


def _is_figure(text: str, start: int, end: int) -> bool:
    return _FIGURE.match(text[start:end]) is not None or _UNIT.match(text, end) is not None
