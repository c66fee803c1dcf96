"""How large an index would be, from statistics alone."""

import math

from tools.postgres.advise.candidate import Candidate

_PAGE = 8192
_USABLE = 0.9 * (_PAGE - 24 - 16)


def estimate(candidate: Candidate) -> int:
    """Estimated size in bytes, without deduplication: an upper estimate for keys that repeat.

    B-tree: an 8-byte tuple header and a 4-byte line pointer per row, data aligned to 8 bytes, pages filled to 90 %
    (PostgreSQL documentation, Storage, and CREATE INDEX fillfactor). GIN and trigram: a rough share of the column.
    """
    table = candidate.table
    rows = table.rows * share(candidate)
    if candidate.method == "brin":
        return _PAGE * (3 + math.ceil(table.size_bytes / (_PAGE * 128) * 24 / _USABLE))
    names = [part.text for part in candidate.parts] + [*candidate.include]
    width = sum(table.columns[name].width_bytes if name in table.columns else 16 for name in names)
    if candidate.method == "gin":
        return int(_PAGE * (2 + rows * width * (1.5 if candidate.extension else 0.5) / _USABLE))
    row = 12 + 8 * math.ceil(width / 8)
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
