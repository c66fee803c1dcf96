"""Prose is Markdown cut into plain text and code, by CommonMark's rule for runs of backticks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TICKS = re.compile(r"`+")
_FENCED = re.compile(r"\A[ \t]*([A-Za-z]*)[ \t]*\n(.*?)\n?[ \t]*\Z", re.S)


@dataclass(frozen=True)
class Span:
    """A piece of prose. `block`: the code stands on lines of its own, with `language` after the opening fence."""

    text: str
    code: bool = False
    block: bool = False
    language: str = ""


def spans(text: str) -> Iterator[Span]:
    """The pieces of `text` in order. A run of backticks opens code only when a run of the same length closes it."""
    runs = [(match.start(), match.end()) for match in _TICKS.finditer(text)]
    later: dict[int, list[int]] = {}
    for place, (start, end) in enumerate(runs):
        later.setdefault(end - start, []).append(place)
    done, place = 0, 0
    while place < len(runs):
        start, end = runs[place]
        closing = _next(later[end - start], place)
        if closing is None:
            place += 1
            continue
        if start > done:
            yield Span(text[done:start])
        yield _code(text[end : runs[closing][0]], end - start)
        done, place = runs[closing][1], closing + 1
    if done < len(text):
        yield Span(text[done:])


def _next(places: list[int], after: int) -> int | None:
    while places and places[0] <= after:
        places.pop(0)
    return places[0] if places else None


def _code(content: str, ticks: int) -> Span:
    match = _FENCED.match(content) if ticks >= 3 else None
    if match is None:
        return Span(content, code=True)
    return Span(match.group(2), code=True, block=True, language=match.group(1))
