"""A table partitioned by time whose last partition ends now or soon: then rows fail or land in the default one."""

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.findings import Finding, Severity
from tools.postgres.connection import Row
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View
from tools.postgres.rehearsal.names import QualifiedName

RANGE = re.compile(r"FROM \('([^']+)'\) TO \('([^']+)'\)")
SOON = timedelta(days=7)
MOST_SHOWN = 12


def bounds(row: Row) -> tuple[datetime, datetime] | None:
    """Lower and upper end of a partition by range over one date or timestamp; None for any other."""
    if row["strategy"] != "r" or row["keys"] != 1 or not str(row["key_type"]).startswith(("timestamp", "date")):
        return None
    match = RANGE.search(row["bound"] or "")
    if match is None:
        return None
    try:
        lower, upper = (datetime.fromisoformat(each) for each in match.groups())
    except ValueError:  # infinity, or a year that Python has no date for
        return None
    return tuple(each if each.tzinfo else each.replace(tzinfo=UTC) for each in (lower, upper))  # type: ignore[return-value]


def severity(upper: datetime, width: timedelta, fallback: bool, now: datetime) -> Severity | None:
    """None while there is room for a week, or for one more partition's width where those are shorter.

    Past the end: high, since rows fail; medium when a default partition catches them. Before: medium.
    """
    if upper <= now:
        return Severity.MEDIUM if fallback else Severity.HIGH
    return Severity.MEDIUM if upper - now < min(SOON, width) else None


async def look(view: View) -> Outcome:
    families: dict[str, list[Row]] = defaultdict(list)
    for row in await view.own("partitions"):
        families[row["parent"]].append(row)
    found: list[Finding] = []
    now = datetime.now(UTC)
    zone = _zone(await view.setting("TimeZone"))
    for parent, rows in families.items():
        ranges = [each for row in rows if (each := bounds(row))]
        if not ranges or any("MAXVALUE" in (row["bound"] or "") for row in rows):
            continue
        lower, upper = max(ranges, key=lambda each: each[1])
        level = severity(upper, upper - lower, bool(rows[0]["has_default"]), now)
        if level is not None:
            local = sorted((start.astimezone(zone), end.astimezone(zone)) for start, end in ranges)
            found.append(_finding(parent, rows, missing(local, now), level, upper <= now))
    return found


def _zone(name: str | None) -> tzinfo:
    """Bounds are whole days and months in the zone they were written in: the session's."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def missing(ranges: Sequence[tuple[datetime, datetime]], now: datetime) -> list[tuple[datetime, datetime]]:
    """What comes after the last of `ranges`, as wide as most of them, until one covers `now` and one more is there.

    Where that would be more than a dozen, one range covers what is past.
    """
    widths = [_width(*each) for each in ranges]
    months, length = max(reversed(widths), key=widths.count)
    end = ranges[-1][1]
    made: list[tuple[datetime, datetime]] = []
    while not made or made[-1][0] <= now:
        start = made[-1][1] if made else end
        made.append((start, _later(start, months) if months else start + length))
    if len(made) > MOST_SHOWN:
        made = [(end, made[-2][0]), *made[-2:]]
    return made


def _width(start: datetime, end: datetime) -> tuple[int, timedelta]:
    """Whole months, or a length: wall clock both."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and _later(start, months).replace(tzinfo=None) == end.replace(tzinfo=None):
        return months, timedelta()
    return 0, end.replace(tzinfo=None) - start.replace(tzinfo=None)


def _later(day: datetime, months: int) -> datetime:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def _finding(
    parent: str, rows: list[Row], wanted: list[tuple[datetime, datetime]], level: Severity, past: bool
) -> Finding:
    fallback = next((row for row in rows if row["is_default"]), None)
    ends = wanted[0][0]
    if not past:
        summary = CHECK.summary
    elif fallback is None:
        summary = "the last partition of {object} ended at {ends}: rows since then fail"
    else:
        summary = "the last partition of {object} ended at {ends}: rows since then land in the default partition"
        summary += ", which holds {row_count} rows" if fallback["live_rows"] else ""
    return CHECK.finding(
        level,
        {"object": parent},
        summary=summary,
        ends=ends.isoformat(sep=" "),
        then="fail" if fallback is None else "land in the default partition",
        row_count=fallback["live_rows"] if fallback is not None else 0,
        remedy=_remedy(rows, fallback, wanted),
    )


def _remedy(rows: list[Row], fallback: Row | None, wanted: list[tuple[datetime, datetime]]) -> str:
    """The partitions that are missing. Rows of theirs in the default one keep them from being made (PostgreSQL
    documentation, CREATE TABLE, PARTITION OF … DEFAULT): they are moved in the same transaction."""
    row, taken = rows[0], {each["child_name"] for each in rows}
    made = []
    for start, end in wanted:
        name = _name(row, start, taken)
        bounds_of = f"FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
        made.append(f"CREATE TABLE {name} PARTITION OF {row['parent_quoted']} FOR VALUES {bounds_of};")
    if fallback is None:
        return " ".join(made) + " -- and so on, ahead of time"
    parent, default = row["parent_quoted"], fallback["child_quoted"]
    where = f"{row['key']} >= '{wanted[0][0].isoformat()}' AND {row['key']} < '{wanted[-1][1].isoformat()}'"
    moved = [
        f"BEGIN; ALTER TABLE {parent} DETACH PARTITION {default};",
        *made,
        f"INSERT INTO {parent} ({row['columns']}) OVERRIDING SYSTEM VALUE SELECT {row['columns']} FROM {default} WHERE {where};",
        f"DELETE FROM {default} WHERE {where};",
        f"ALTER TABLE {parent} ATTACH PARTITION {default} DEFAULT; COMMIT;",
    ]
    return (
        " ".join(moved)
        + " -- rows of these ranges in the default partition would keep CREATE TABLE from making them, so"
        " they are moved (triggers on them run); all of it under a lock: rehearse it first. And so on, ahead of time"
    )


def _name(row: Row, start: datetime, taken: set[str]) -> str:
    whole = start.time() == datetime.min.time()
    tail = start.strftime("_%Y%m%d" if whole else "_%Y%m%d_%H%M%S")
    name = row["parent_name"].encode()[: 63 - len(tail)].decode(errors="ignore") + tail
    return str(QualifiedName(row["schema"], name if name not in taken else name[:60] + "_2"))


CHECK = Check(
    code="missing-future-partition",
    means="No partition by range of time reaches beyond the next days.",
    summary="the last partition of {object} ends at {ends}: rows after that {then}",
    wrong_if="the table is an archive that gets no new rows",
    look=look,
)
