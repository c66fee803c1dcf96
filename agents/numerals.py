"""Figures in prose: numbers that somebody typed in instead of pointing to evidence.

Every numeric character of Unicode counts, however it is written (full-width, Roman, Chinese, an HTML entity), and so do
number words beside a unit ("ten times", "half the time", "tenfold"). A count in words beside no unit ("two options")
does not: it is language, not a measurement. Only English words are known.
"""

import html
import re
import unicodedata
from collections.abc import Iterator

_SMALL = (
    r"(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|(?-i:[IVXLCDM]{2,}))"
)
_LARGE = r"(?:hundreds?|thousands?|millions?|billions?|trillions?|dozens?)"
_TIME = r"(?:milliseconds?|microseconds?|seconds?|minutes?|hours?|ms|msec|µs|μs|us|secs?|mins?|hrs?|s|h)"
_DATE = r"(?:days?|weeks?|months?|years?)"
_SIZE = r"(?:bytes?|[kmgt]i?b|kilobytes?|megabytes?|gigabytes?|terabytes?)"
_RATIO = r"(?:%|per[ -]?cent|percent|percentage points?|x|×|times|fold|orders? of magnitude)"
_UNIT = rf"(?:{_TIME}|{_DATE}|{_SIZE}|{_RATIO})"
_ENDS = r"(?=\s+(?:of|less|more|faster|slower|the|and|or|per|to)\b|\s*[.,;:!?)]|\s*$)"
_WORDS = re.compile(
    rf"\b{_SMALL}(?:[ -](?:and[ -])?(?:a[ -])?(?:half|{_SMALL}|full|whole|more|fewer))*[ -]*{_UNIT}(?!\w)"
    rf"|\b{_LARGE}\b"
    rf"|\b(?:one|single)[ -](?:{_TIME}|{_SIZE}|per[ -]?cent|percent|orders? of magnitude)(?!\w)"
    r"|\ban?[ -]orders? of magnitude\b|\borders of magnitude\b"
    r"|\b(?:under|below|over|above|about|around|within|than|nearly|almost) (?:half )?an? "
    rf"(?:millisecond|microsecond|second|minute|hour){_ENDS}"
    rf"|\b(?:{_SMALL}|{_LARGE})fold\b"
    r"|\b(?:twice|thrice|halves|halved|halving|doubles|doubled|doubling|tripled?s?|quadrupled?s?)\b"
    r"|\b(?:by|in|cut) half\b|\bhalf (?:the|of|as|its|their|a)\b|\bdouble (?:the|its|their|as)\b"
    rf"|\b(?:one|two|three|a)[ -](?:thirds?|quarters?|fifths?|tenths?){_ENDS}",
    re.I,
)
_OTHER_SCRIPT = "\u0370-\u03bb\u03bd-\u03ff\u0400-\u052f"
_MIXED = re.compile(rf"[A-Za-z][{_OTHER_SCRIPT}]|[{_OTHER_SCRIPT}][A-Za-z]")
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.S)
_MARKUP = str.maketrans("", "", "*_~`\\")


def typed(text: str) -> Iterator[str]:
    """Each figure typed into `text`, with some of what stands around it. Takes prose without its references."""
    plain = _plain(text)
    for start, end in _runs(plain):
        yield _around(plain, start, end)
    spaced = " ".join(plain.split())
    for match in _WORDS.finditer(spaced):
        yield match.group()
    for match in _MIXED.finditer(spaced):
        yield _around(spaced, match.start(), match.end())


def with_unit(text: str) -> bool:
    """Whether `text` holds a number directly followed by a unit, like `3x`, `300 ms` or `10 %`."""
    return re.search(rf"\d[ ]?(?:{_TIME}|{_SIZE}|{_RATIO})(?!\w)", _plain(text), re.I) is not None


def only_units(text: str) -> bool:
    """Whether nothing but numbers, number words and units stands in `text`."""
    words = re.findall(r"[^\W\d]+", _plain(text))
    return all(re.fullmatch(rf"{_UNIT}|{_SMALL}|{_LARGE}|one|half|e", word, re.I) for word in words)


def numeric(text: str) -> bool:
    """Whether `text` holds a numeric character or a number word beside a unit."""
    return next(typed(text), None) is not None


def _plain(text: str) -> str:
    """The text as a reader sees it: entities decoded, tags, markup and invisible characters gone, letters folded."""
    for _ in range(3):
        text = html.unescape(text)
    text = "".join(_decimal(each) for each in _TAG.sub("", text))
    text = unicodedata.normalize("NFKC", text)
    text = "".join(
        each for each in text if unicodedata.category(each) not in ("Cf", "Mn", "Me", "Cc") or each in "\n\t"
    )
    return text.translate(_MARKUP)


def _decimal(each: str) -> str:
    """A numeric character that folding would turn into letters (Ⅳ) as a digit; any other as it is."""
    return "0" if unicodedata.category(each) == "Nl" else each


def _runs(text: str) -> Iterator[tuple[int, int]]:
    start = None
    for place, each in enumerate(text):
        if unicodedata.numeric(each, None) is not None:
            start = place if start is None else start
        elif start is not None and each not in ".,":
            yield start, place
            start = None
    if start is not None:
        yield start, len(text)


def _around(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - 12) : end + 12].split())
