"""How large an index would be, from statistics alone."""

import math

from tools.postgres.advise.candidate import Candidate

_PAGE = 8192
_ITEM = 6
_LONGEST_LIST = 130
"""Row pointers in one posting list: a sixth of a page holds no more."""
_NEVER_SHARED = frozenset({"numeric", "float4", "float8", "jsonb"})
"""Types whose equal values may look different: no row pointers are put together (B-Tree Indexes, Deduplication)."""
_USABLE = 0.9 * (_PAGE - 24 - 16)


def estimate(candidate: Candidate) -> int:
    """Estimated size in bytes; for several keys that repeat together an upper estimate.

    B-tree: an 8-byte tuple header and a 4-byte line pointer per row, data aligned to 8 bytes, pages filled to 90 %
    (PostgreSQL documentation, Storage, and CREATE INDEX fillfactor); of one key that repeats, 6 bytes a row beside
    (B-Tree Indexes, Deduplication). GIN and trigram: a rough share of the column.
    """
    table = candidate.table
    rows = table.rows * share(candidate)
    if candidate.method == "brin":
        return _PAGE * (3 + math.ceil(table.size_bytes / (_PAGE * 128) * 24 / _USABLE))
    names = [part.text for part in candidate.parts] + [*candidate.include]
    width = sum(table.columns[name].width_bytes if name in table.columns else 16 for name in names)
    if candidate.method == "gin":
        return int(_PAGE * (2 + rows * width * (1.5 if candidate.extension else 0.15) / _USABLE))
    row = 12.0 + 8 * math.ceil(width / 8)
    first = table.columns.get(candidate.parts[0].text)
    repeats = rows / first.distinct if len(candidate.parts) == 1 and first is not None and first.distinct else 1.0
    if repeats > 2 and not candidate.include and (first is None or first.base not in _NEVER_SHARED):
        row = _ITEM + row / min(repeats, _LONGEST_LIST)
    return int(_PAGE * (2 + math.ceil(rows * row / _USABLE)))


def share(candidate: Candidate) -> float:
    """The share of rows a partial index holds, when its condition compares one column with a constant."""
    column, _, rest = candidate.predicate.partition(" ")
    known = candidate.table.columns.get(column)
    if known is None:
        return 1.0
    if rest == "IS NULL":
        return known.null_share
    if rest == "IS NOT NULL":
        return 1.0 - known.null_share
    return known.share(rest.removeprefix("= ").strip("'")) if rest.startswith("= ") else 1.0
