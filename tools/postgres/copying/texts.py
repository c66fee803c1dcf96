"""Card numbers, IBANs and telephone numbers wherever they stand in a longer text."""

import re
from bisect import bisect, insort
from collections.abc import Iterable, Iterator, Sequence

from tools.postgres.copying.proofs import EVEN, IBAN_LENGTHS, is_iban, is_payment_card, luhn

_RUN_FORMS = r"(?<![\d.])\d{13,19}(?![\d-])|(?<![\w.])\d(?:[ -]{0,2}\d){12,}(?!\w)|(?<!\d)(?:\d{4}[ .-]){3}\d{4}(?!\d)"
_RUN, _PLAIN_RUN = re.compile(_RUN_FORMS), re.compile(_RUN_FORMS.encode())
_GROUP = re.compile(r"\d+")
_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d\d(?=[ -]?[A-Za-z0-9])", re.A)
_IBAN_REST = re.compile(r"(?:[ -]?[A-Za-z0-9]){11,30}", re.A)
_PHONE = re.compile(r"(?<![\d+])\+\(?\d(?:[ ()./-]{0,2}\d){7,14}(?!\d)")
_NATIONAL_FORMS = (
    r"(?<![\w+./-])(?:\(0?\d{1,4}\)[ -]?\d{2,5}(?:[ .-]?\d{2,5}){1,3}|0\d{1,4}[ /-]\d{2,8}(?:[ .-]?\d{2,4}){0,4}"
    r"|\d{3}[-.]\d{3}[-.]\d{4}|00[1-9]\d{8,13})(?![\w/-])(?!\.\d)"
)
"""With the prefix that is dialled within a country, in brackets or with a zero, or as North America writes them."""
_CALLED_FORMS = (
    r"\b(?:tel|phone|mobile|mob|cell|fax|call|ring|dial|whatsapp|sms|telefone?|telefono|t(?:é|.)l|m(?:ó|.)vil|telem(?:ó|.)vel"
    r"|handy)\b[.:]?(?: (?:me|us|him|her|them|at|on|no|number|is|to))*[.:]? ?(\(?\d[\d ()./-]{5,18}\d)(?!\w)"
)
_NATIONAL, _CALLED = re.compile(_NATIONAL_FORMS), re.compile(_CALLED_FORMS, re.I)
_DIALLED = (
    re.compile(rb"\((?<![\w+./-]\()0?\d{1,4}\)[ -]?\d\d"),
    re.compile(rb"0(?<![\w+./-]0)(?:\d{1,4}[ /-]\d\d|0[1-9]\d{8})"),
    re.compile(
        rb"(?:phone|mobile|mob|cell|fax|call|ring|dial|whatsapp|sms|tel|telefone?|telefono|movil|telemovel|handy)\b"
        rb"[.:]?(?: (?:me|us|him|her|them|at|on|no|number|is|to))*[.:]? ?"
        rb"\(?\d[\d ()./-]{5}"
    ),
)
"""How the two kinds begin, in ASCII and in lower case; their first sign stands first: most of a text is passed over."""
_CALLS = b"phone mob cell fax call ring dial whatsapp sms tel movil handy".split()
"""One of them is in every text that the last of those finds."""
_AMERICAN = b"000-000-0000"
_DAY = re.compile(r"\d{1,4}([./ -])\d{1,2}\1\d{1,4}\Z")

_FEWEST_DIGITS, _MOST_DIGITS = 13, 19
"""Of card numbers."""
_CARD = b"0" * 13
_HINTS = (b"+" + b"0" * 8, b"@")
"""A telephone number, an e-mail address."""
_CODE = re.compile(rb"AA00[0A]{11}")
_COUNTRY = re.compile(rb"(?:%b)\d\d" % "|".join(IBAN_LENGTHS).encode())
_DIGITS = b"0" * 7
_FORMS = bytes.maketrans(
    b"123456789BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", b"0" * 9 + b"A" * 25 + b"A" * 26
)
_PLACES = bytes.maketrans(b"123456789.", b"000000000-")
_BETWEEN = b" -./()" + bytes(range(128, 256))
"""What may stand between digits, the blanks and hyphens of every encoding among it."""
_ESCAPED = re.compile(rb"\\.")
_FOREIGN = re.compile(r"(?![0-9])\d")
"""Digits of other scripts, which are digits all the same."""


def places(texts: Sequence[bytes], encoding: str = "utf-8") -> set[int]:
    """Which of these texts, as COPY writes them (in Python's `encoding`), may hold such a number or an e-mail address.

    Cheap, and too many rather than not enough: they are looked at in one go, digits and letters as one sign each, and
    what may stand between digits left out.
    """
    whole = b"\n".join(texts)
    forms = whole.translate(_FORMS, _BETWEEN)
    found = {line for hint in _HINTS for line in _lines(forms, hint)}
    if not whole.isascii() and _FOREIGN.search(whole.decode(encoding, "replace")):
        found.update(line for line, text in enumerate(texts) if _FOREIGN.search(text.decode(encoding, "replace")))
    found.update(line for line in _lines(forms, _CARD) if line not in found and _is_run(texts[line]))
    found.update(line for line in _matching(_CODE, forms) if line not in found and _is_code(texts[line]))
    # Where most texts have many digits, to tell which takes longer than to search them all.
    many = range(len(texts)) if forms.count(_DIGITS) * 3 > len(texts) else _lines(forms, _DIGITS)
    plain = [line for line in many if line not in found]
    if not whole.isascii():
        found.update(line for line in plain if not texts[line].isascii())
        plain = [line for line in plain if line not in found]
    lower = b"\n".join([texts[line] for line in plain]).lower()
    if b"\\" in lower:  # the letter of an escape such as `\n` is none before a number
        lower = _ESCAPED.sub(b" ", lower)
    found.update(plain[at] for at in _lines(lower.translate(_PLACES), _AMERICAN))
    sought = _DIALLED if any(word in lower for word in _CALLS) else _DIALLED[:-1]
    found.update(plain[at] for dialled in sought for at in _matching(dialled, lower))
    return found


def _is_run(text: bytes) -> bool:
    """Whether its digits may be one card number, as most hashes and references with many digits cannot."""
    return not text.isascii() or b"\\" in text or _PLAIN_RUN.search(text) is not None


def _is_code(text: bytes) -> bool:
    """Whether a country and as many signs as its IBANs have are in it; most codes of letters and digits, hashes above
    all, have not."""
    squeezed = text.translate(None, _BETWEEN).lower()
    for start in _COUNTRY.finditer(squeezed):
        length = IBAN_LENGTHS[start[0][:2].decode()]
        if len(code := squeezed[start.start() : start.start() + length]) == length and code.isalnum():
            return True
    return False


def _lines(text: bytes, hint: bytes) -> Iterator[int]:
    """The lines of a text that have these signs in them."""
    line, before = 0, 0
    while before >= 0 and (hit := text.find(hint, before)) >= 0:
        line += text.count(b"\n", before, hit)
        yield line
        before = text.find(b"\n", hit)


def _matching(hint: re.Pattern[bytes], text: bytes) -> Iterator[int]:
    """The lines of a text in which it is found."""
    line, before = 0, 0
    while before >= 0 and (hit := hint.search(text, before)):
        line += text.count(b"\n", before, hit.start())
        yield line
        before = text.find(b"\n", hit.start())


def spans(text: str, *, national: bool = True) -> list[tuple[int, int]]:
    """Where such numbers begin and end, in order, none in another.

    Cards: 13 to 19 digits with a right check digit, and either a scheme's first digits or written in groups. IBANs:
    with right check digits. Telephone numbers: with `+`, with a prefix of their own country, or after a word such as `call`;
    7 to 15 digits. Without `national` those with `+` only: the others look like many things.
    """
    text = text.translate(EVEN)
    within = (*dialled_within(text), *called(text)) if national else ()
    return apart((*_ibans(text), *phones(text), *_cards(text), *within))


def apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of them that are in none of the earlier ones, not in part either; in order of their places."""
    found: list[tuple[int, int]] = []
    for each in spans:
        at = bisect(found, each)
        if (at == 0 or found[at - 1][1] <= each[0]) and (at == len(found) or each[1] <= found[at][0]):
            insort(found, each)
    return found


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for start in _IBAN_START.finditer(text):
        rest = _IBAN_REST.match(text, start.end())
        for end in range(rest.end(), start.end() + 10, -1) if rest else ():
            whole = end == len(text) or not text[end].isalnum()
            if whole and is_iban(text[start.start() : end].lower()):
                yield start.start(), end
                break


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(text):
        groups = [(each.start(), each.end()) for each in _GROUP.finditer(text, run.start(), run.end())]
        first = 0
        while first < len(groups):
            most = min(len(groups), first + _MOST_DIGITS)
            last = next((at for at in range(most - 1, first - 1, -1) if _card(text, groups[first : at + 1])), -1)
            if last >= 0:
                yield groups[first][0], groups[last][1]
            first = max(first, last) + 1


def _card(text: str, groups: list[tuple[int, int]]) -> bool:
    digits = "".join(text[start:end] for start, end in groups)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return False
    return is_payment_card(digits) or (len(groups) > 1 and len(set(digits)) > 1 and luhn(digits))


def phones(text: str) -> Iterator[tuple[int, int]]:
    """Telephone numbers with `+`, 8 to 15 digits: of a text of even blanks and hyphens (`EVEN`)."""
    return (found.span() for found in _PHONE.finditer(text)) if "+" in text else iter(())


def dialled_within(text: str) -> Iterator[tuple[int, int]]:
    """Telephone numbers as they are dialled within a country, 7 to 15 digits, of such a text; no days."""
    return (found.span() for found in _NATIONAL.finditer(text) if is_dialled(found[0]))


def called(text: str) -> Iterator[tuple[int, int]]:
    """The same after a word such as `call`, however they are written."""
    return (found.span(1) for found in _CALLED.finditer(text) if is_dialled(found[1]))


def is_dialled(number: str) -> bool:
    """Whether digits and what may stand between them are as many as a telephone number has, and no day."""
    return 7 <= sum(map(str.isdigit, number)) <= 15 and not _DAY.match(number)
