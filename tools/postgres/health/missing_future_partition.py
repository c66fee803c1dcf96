"""A table partitioned by time whose last partition ends now or soon: then rows fail or land in the default one."""

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from common.findings import Finding, Severity
from tools.postgres.connection import Row
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

RANGE = re.compile(r"FROM \('([^']+)'\) TO \('([^']+)'\)")
SOON = timedelta(days=7)


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
    for parent, rows in families.items():
        ranges = [each for row in rows if (each := bounds(row))]
        if not ranges or any("MAXVALUE" in (row["bound"] or "") for row in rows):
            continue
        lower, upper = max(ranges, key=lambda each: each[1])
        level = severity(upper, upper - lower, bool(rows[0]["has_default"]), datetime.now(UTC))
        if level is not None:
            found.append(_finding(parent, rows[0], upper, level))
    return found


def _finding(parent: str, row: Row, upper: datetime, level: Severity) -> Finding:
    month = upper.replace(year=upper.year + upper.month // 12, month=upper.month % 12 + 1)
    return CHECK.finding(
        level,
        {"object": parent},
        ends=upper.isoformat(sep=" "),
        then="land in the default partition" if row["has_default"] else "fail",
        remedy=f"CREATE TABLE {row['next_quoted']} PARTITION OF {row['parent_quoted']} FOR VALUES FROM ('{upper.isoformat()}')"
        f" TO ('{month.isoformat()}'); -- and so on, ahead of time",
    )


CHECK = Check(
    code="missing-future-partition",
    means="No partition by range of time reaches beyond the next days.",
    summary="the last partition of {object} ends at {ends}: rows after that {then}",
    wrong_if="the table is an archive that gets no new rows",
    look=look,
)
