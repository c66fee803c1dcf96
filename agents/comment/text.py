"""Text that cannot break out of its place: everything in a comment passes through one of these.

Object names, plans, errors, issue texts and what a model wrote are untrusted. They make no HTML, image, link, mention,
issue reference, heading, fence or marker, and characters that cannot be seen are shown as `⟨U+200B⟩`.
Markdown as GitHub reads it: CommonMark with GitHub's extensions; `&#8203;` (a zero-width space) keeps GitHub from making
links of `@name`, `#1` and addresses.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from agents.prose import spans
from agents.redaction import clean
from agents.reply import REFERENCE, look_up, named
from common.evidence import Evidence
from common.figures import agreeing, show

_LINKS = re.compile(r"(?<=@)(?=[\w-])|(?<=#)(?=\d)|(?<=\bGH)(?=-\d)|(?<=:)(?=//)|(?<=www)(?=\.)", re.I)
_MARKS = str.maketrans({each: f"\\{each}" for each in "\\`*_{}[]~|!$#"})
_INLINE = str.maketrans({each: f"\\{each}" for each in "\\`[]~$|"})
_LINE_START = re.compile(r"^([ \t]{0,3})(#+(?=[ \t]|$)|=+[ \t]*$|-{2,}[ \t]*$|([-*_])(?:[ \t]*\3){2,}[ \t]*$)", re.M)
_ITEM = re.compile(r"^(\d{0,9})([-+=.)])(?=\s|$)")
_INDENTED = re.compile(r"^(?: {4}| {0,3}\t)[ \t]*", re.M)
_GAP = re.compile(r"(?<=\S)[ \t]{2,}")
"""After the bullet of a list, five spaces would begin code."""
_MARKER = re.compile(r"<!(-+)(?=\s*dbcrew)", re.I)
_BAR = re.compile(r"(?<!\\)\|")
_RARE = re.compile(r"[^\n\t -~]")
"""All but the characters that are always visible."""
_TICKS = re.compile(r"`+")
_LONGEST = 2_000
"""The most characters of a text that stands in one line: no name or reason is longer."""


_COUNTED = re.compile(REFERENCE.pattern + r"( [a-z]+(?: [a-z]+)?)")


class Safe(str):
    """Markdown that is ready to be put in its place."""

    __slots__ = ()


def finish(value: object) -> object:
    """What a template prints: as it is when it is safe, escaped when somebody forgot."""
    return value if isinstance(value, (Safe, int, float)) else plain(str(value))


@lru_cache(maxsize=512)
def visible(text: str) -> str:
    """`text` without secrets or a forged marker, its control and invisible characters shown; line ends are `\\n`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = _RARE.sub(lambda each: f"⟨U+{ord(each[0]):04X}⟩" if _hidden(each[0]) else each[0], text)
    return _MARKER.sub(r"<! \1", clean(shown).text)


def plain(text: str) -> Safe:
    """Words in one line that mean nothing to Markdown."""
    words = html.escape(_line(text), quote=False).translate(_MARKS)
    return Safe(_unlinked(_ITEM.sub(r"\1\\\2", words)))


def html_text(text: str) -> Safe:
    """Words inside an HTML element, where Markdown is not read."""
    return Safe(_unlinked(html.escape(_line(text))))


def code(text: str) -> Safe:
    """A code span; nothing for nothing."""
    line = _line(text)
    if not line:
        return Safe("")
    ticks = "`" * (max((len(run) for run in _TICKS.findall(line)), default=0) + 1)
    pad = " " if line[0] == "`" or line[-1] == "`" else ""
    return Safe(f"{ticks}{pad}{line}{pad}{ticks}")


def cell(text: str) -> Safe:
    """A code span in a table, where even code may not hold a bare bar."""
    return Safe(code(text).replace("|", r"\|"))


def fence(text: str, language: str = "") -> Safe:
    """A fenced block, its fence longer than any run of backticks in it."""
    shown = visible(text).strip("\n")
    ticks = "`" * max(3, max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    return Safe(f"{ticks}{language}\n{shown}\n{ticks}")


@dataclass(frozen=True)
class Writer:
    """Writes a role's prose: references filled in, emphasis, lists and code kept, all else made harmless.

    `issues` are the numbers that may become links; `limit` the most characters of one text (0: all).
    """

    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    issues: frozenset[int] = frozenset()
    limit: int = 0

    def prose(self, text: str) -> Safe:
        """A paragraph or more of Markdown. Raises UnbackedClaim when a reference points to nothing."""
        parts: list[str] = []
        for span in spans(self.cut(visible(text))):
            if span.block:
                parts.append("\n" + fence(self._filled(span.text), span.language) + "\n")
            elif span.code:
                parts.append(code(self._filled(span.text)))
            else:
                parts.append(self._words(span.text))
        return Safe("".join(parts).strip())

    def line(self, text: str) -> Safe:
        """Prose in one line, for a list or a table."""
        return Safe(_BAR.sub(r"\|", " ".join(self.prose(" ".join(text.split())).split())))

    def sql(self, text: str) -> Safe:
        """A statement, fenced."""
        return fence(self.cut(visible(text)), "sql")

    def cut(self, text: str) -> str:
        """No more of `text` than the limit, and how much is missing."""
        return shortened(text, self.limit) if self.limit else text

    def _filled(self, text: str) -> str:
        return REFERENCE.sub(lambda match: self._value(match)[0], text)

    def _words(self, text: str) -> str:
        parts, done = [], 0
        text = _COUNTED.sub(self._agreeing, text)
        for match in REFERENCE.finditer(text):
            shown, word = self._value(match)
            parts += [_escaped(text[done : match.start()], self.issues), code(shown) if word else shown]
            done = match.end()
        return "".join([*parts, _escaped(text[done:], self.issues)])

    def _agreeing(self, match: re.Match[str]) -> str:
        """A reference and the words after it, these in the singular when the value is one."""
        shown, _ = self._value(match)
        return match[0] if shown != "1" else match[0].replace(match[3], agreeing(f"1{match[3]}")[1:])

    def _value(self, match: re.Match[str]) -> tuple[str, bool]:
        path = match.group(2)
        value = look_up(f"{match.group(1)}.{path}", self.evidence)
        return show(named(path), value), isinstance(value, str)


def _line(text: str) -> str:
    return " ".join(shortened(visible(text), _LONGEST).split())


def shortened(text: str, limit: int) -> str:
    """No more of `text` than the limit, and how much is missing. Clean it first: half a secret is not recognised."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n… ({len(text) - limit:,} more characters are left out here)"


@lru_cache(maxsize=512)
def _escaped(text: str, issues: frozenset[int]) -> str:
    text = html.escape(_GAP.sub(" ", _INDENTED.sub("   ", text)), quote=False).translate(_INLINE)
    return _unlinked(_LINE_START.sub(r"\1\\\2", text), issues)


def _hidden(each: str) -> bool:
    return (
        unicodedata.category(each) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") or each in "\u115f\u1160\u3164\uffa0\u2800"
    )


def _unlinked(text: str, issues: frozenset[int] = frozenset()) -> str:
    def gap(match: re.Match[str]) -> str:
        place = match.end()
        number = _NUMBER.match(text, place) if issues and text[place - 1] == "#" else None
        allowed = number and int(number[0]) in issues and not _CLOSING.search(text[max(0, place - 40) : place])
        return "" if allowed else "&#8203;"

    return _LINKS.sub(gap, text)


_NUMBER = re.compile(r"\d{1,9}")
_CLOSING = re.compile(r"(?:\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s*|[\w./-])#$", re.I)
