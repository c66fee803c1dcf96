"""What an index costs those who write."""

import math
from dataclasses import dataclass

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.sizes import share

_EACH = 0.04
_GIN_TIMES = 3.0
_BRIN_TIMES = 0.1


@dataclass(frozen=True)
class WriteCost:
    """Counted on the live table since its counters were reset.

    `entries` is how many index entries the writes of that time would have made; `hot_updates` how many updates were
    heap-only, which an index on an updated column ends.
    """

    entries: int
    hot_updates: int
    seen_writes: int


def write_cost(candidate: Candidate) -> WriteCost:
    """What the index would have cost the writes the counters have seen."""
    table = candidate.table
    entries = table.inserted + max(0, table.updated - table.hot_updated)
    return WriteCost(
        round(entries * share(candidate)), table.hot_updated, table.inserted + table.updated + table.deleted
    )


def upkeep(candidate: Candidate) -> float:
    """The write cost on the search's scale of gains: grows with the logarithm of the entries that writes would make.

    A GIN index takes several entries for a row, BRIN one for many pages; a partial index only some of the rows.
    """
    times = {"gin": _GIN_TIMES, "brin": _BRIN_TIMES}.get(candidate.method, 1.0)
    return _EACH * times * share(candidate) * math.log10(1 + write_cost(candidate).entries)
