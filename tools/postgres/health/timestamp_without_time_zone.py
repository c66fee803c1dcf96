"""A timestamp that does not say in which time zone, or a date kept as text: what it means depends on who asks."""

from collections import Counter

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Low for each column in a schema that mixes both types; a schema that never uses time zones has a convention.

    Rails and others write UTC into `timestamp` throughout: one line for information, not one per column.
    A text column counts when its name and every value that ANALYZE kept of it say that it holds dates.
    """
    rows = await view.own("time_columns")
    without = Counter(row["schema"] for row in rows if row["without"])
    zoned = Counter(row["schema"] for row in rows if not row["without"])
    found: list[Finding] = [
        CHECK.finding(Severity.LOW, {name: row[name] for name in ("object", "remedy")}, zoned=zoned[row["schema"]])
        for row in rows
        if row["without"] and zoned[row["schema"]] >= without[row["schema"]]
    ]
    for schema, number in without.items():
        if zoned[schema] < number:
            found.append(
                CHECK.finding(
                    Severity.INFO,
                    {"object": schema},
                    columns=number,
                    summary="{columns} time columns of schema {object} have no time zone: fine if all write UTC",
                    remedy="New columns: timestamptz. It takes the same 8 bytes.",
                )
            )
    found += [CHECK.finding(Severity.LOW, row, summary=_TEXT) for row in await view.own("text_dates")]
    return found


_TEXT = "{object} is text, and all {looked_at} values in its statistics are of type {meant}"

CHECK = Check(
    code="timestamp-without-time-zone",
    means="A column of type timestamp in a schema where most columns are timestamptz, or of type text that holds dates.",
    summary="{object} has no time zone, but time columns beside it in its schema have one (count: {zoned})",
    wrong_if="the value is a wall-clock time on purpose, such as the opening hour of a shop, or the text is what another"
    " system sent, kept as it came",
    look=look,
)
