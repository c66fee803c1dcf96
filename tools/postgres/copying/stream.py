"""Rows in COPY's text format, masked on their way from the live server to the copy."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tools.postgres.copying.cells import Cells
from tools.postgres.copying.columns import Column
from tools.postgres.copying.kinds import kind_of_name, kind_of_value
from tools.postgres.copying.proofs import is_payment_card
from tools.postgres.copying.texts import places

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SHOWN = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_ESCAPED = re.compile(r"\\(.)", re.S)
_SPECIAL = re.compile(r"[\\\b\f\n\r\t\v]")
_KEY = re.compile(rb'"([^"]*)"(?=\s*(?::|=>))')
_LONG_NUMBER = re.compile(rb"\d{13,19}")
_KNOWN = 50_000
"""Harmless values, and words of documents, that are remembered."""
_LONG = 1_000


def masker(
    names: Sequence[str], columns: Mapping[str, Column], cells: Cells, encoding: str
) -> Callable[[bytes], bytes] | None:
    """A function for blocks of whole rows with these columns; None when nothing in them can be personal."""
    ways = [
        (at, None if columns[name].how == "nothing" else cells.of(columns[name]))
        for at, name in enumerate(names)
        if name in columns and columns[name].how not in ("look", "document")
    ]
    documents = [(at, cells.of(columns[name])) for at, name in enumerate(names) if _is(columns, name, "document")]
    looked = [(at, cells.of(columns[name])) for at, name in enumerate(names) if _is(columns, name, "look")]
    if not (ways or documents or looked):
        return None
    width = len(names)
    always = any(columns[name].kind for name in names if _is(columns, name, "document"))
    plain = _Plain(encoding)
    harmless: dict[int, set[bytes]] = {at: set() for at, _ in looked}

    def wanted(fields: list[bytes]) -> Iterator[tuple[int, Callable[[str], str] | None, Iterable[int]]]:
        """Columns, what becomes of their values, and in which rows; most texts pass as they are.

        Each column is looked at alone: times and numbers beside it look like what is searched for.
        """
        every = range(len(fields) // width)
        for at, way in ways:
            yield at, way, every
        for at, look in looked:
            column = fields[at::width]
            if found := _suspects(column, harmless[at], encoding):
                yield at, look, (row for row, value in enumerate(column) if value in found)
        for at, document in documents:
            if always or not plain(set(fields[at::width])):
                yield at, document, every

    def masked(block: bytes) -> bytes:
        lines = block.split(b"\n")
        after = lines.pop()
        fields = b"\t".join(lines).split(b"\t") if lines else []
        changed: set[int] = set()
        for at, way, rows in wanted(fields):
            for row in rows:
                field = fields[row * width + at]
                if field != b"\\N":
                    fields[row * width + at] = b"\\N" if way is None else _replaced(field, way, encoding)
                    changed.add(row)
        for row in changed:
            lines[row] = b"\t".join(fields[row * width : (row + 1) * width])
        return b"\n".join([*lines, after]) if changed else block

    return masked


def _suspects(column: list[bytes], harmless: set[bytes], encoding: str) -> set[bytes]:
    """Values that must be looked at closely. Those of columns that have few are remembered as harmless."""
    fresh = list(set(column) - harmless)
    found = {fresh[at] for at in places(fresh, encoding)} if fresh else set()
    if len(fresh) * 2 < len(column) and len(harmless) < _KNOWN:
        harmless.update(each for each in fresh if each not in found and len(each) <= _LONG)
    return found


def _replaced(field: bytes, way: Callable[[str], str], encoding: str) -> bytes:
    text = field.decode(encoding, errors="surrogateescape")
    if "\\" in text:
        text = _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text)
    made = way(text)
    if made == text:
        return field
    shown = _SPECIAL.sub(lambda found: _SHOWN[found[0]], made)
    try:
        return shown.encode(encoding, errors="surrogateescape")
    except UnicodeEncodeError:  # a mask may be a letter that an 8-bit encoding has not
        return shown.encode(encoding, errors="replace")


def _is(columns: Mapping[str, Column], name: str, how: str) -> bool:
    return name in columns and columns[name].how == how


class _Plain:
    """Tells documents that hold nothing personal; those and words that it has seen are remembered."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._documents: set[bytes] = set()
        self._words: set[bytes] = set()

    def __call__(self, documents: set[bytes]) -> bool:
        """Whether none of these documents has a key or a value that says or shows that it is personal."""
        fresh = documents - self._documents
        if fresh and not self._harmless(b"\n".join(fresh)):
            return False
        if len(self._documents) < _KNOWN:
            self._documents.update(each for each in fresh if len(each) <= _LONG)
        return True

    def _harmless(self, documents: bytes) -> bool:
        """Cutting at every quote misses no key and no text; a piece with a line end in it lies between two documents, and
        holds the end of one and the beginning of the other: numbers, no words."""
        if b"\\\\" in documents:  # a backslash of a document: its words may be written with escapes
            return False
        if any(kind_of_name(self._text(key)) for key in set(_KEY.findall(documents))):
            return False
        for piece in set(documents.split(b'"')) - self._words:
            if b"\n" in piece:
                if any(is_payment_card(number.decode()) for number in _LONG_NUMBER.findall(piece)):
                    return False
                continue
            if kind_of_value(self._text(piece)):
                return False
            if len(self._words) < _KNOWN:
                self._words.add(piece)
        return True

    def _text(self, piece: bytes) -> str:
        return piece.decode(self._encoding, errors="replace")
