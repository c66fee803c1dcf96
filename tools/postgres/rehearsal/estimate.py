"""From a time on the copy to the time at live size, and what must hold for it to be right."""

import math
from collections.abc import Iterable

from common.figures import show


def live_ms(ms: float, floor_ms: float, copied_rows: int, live_rows: int, *, sorts: bool) -> float:
    """Milliseconds at `live_rows` of what took `ms` on `copied_rows`.

    What the same statement takes on an empty table (`floor_ms`) stays; the rest grows with the rows, and where it
    sorts them for an index with n log n (n log2 n comparisons: Knuth, The Art of Computer Programming, 5.3.1).
    """
    if live_rows <= copied_rows:
        return ms
    times = live_rows / max(1, copied_rows)
    if sorts:
        times *= math.log2(live_rows + 2) / math.log2(copied_rows + 2)
    fixed = min(floor_ms, 0.9 * ms)
    return fixed + (ms - fixed) * times


def assumptions(wal_bytes: int, rewritten_bytes: int, ms: float, grown: Iterable[str]) -> list[str]:
    """What the figures rest on. `wal_bytes` at live size; `rewritten_bytes` were written on the copy in `ms`."""
    named = sorted(set(grown))
    found = [
        "what is timed here is a copy that keeps nothing safe on disk (fsync off), on this machine: a server whose disks"
        " or processors are slower takes longer"
    ]
    if named:
        found.append(
            "beyond a fixed part, timed on an empty table, time grows with the rows (n log n where an index is sorted): "
            + ", ".join(named)
        )
        found.append("what it reads is in memory, or comes from disk as fast as it is worked on")
    if rewritten_bytes and ms:
        found.append(f"disks write at least {show('rate_bytes', round(rewritten_bytes / ms * 1000))} a second, as here")
    if wal_bytes:
        found.append(
            f"standbys and the archive take {show('wal_bytes', wal_bytes)} of WAL"
            " (without pages that a checkpoint makes it write in full)"
        )
    found.append("nobody else holds a lock that the migration waits for")
    return found
