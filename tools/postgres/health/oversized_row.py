"""Rows so large that reading one reads dozens of pages out of line."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

ROW_BYTES = 64 << 10
TOAST_BYTES = 64 << 20


async def look(view: View) -> Outcome:
    found = []
    for row in await view.own("large_tables"):
        if not row["row_count"] or row["toast_bytes"] < TOAST_BYTES:
            continue
        each = row["size_bytes"] / row["row_count"]
        if each >= ROW_BYTES:
            facts = {name: row[name] for name in ("object", "row_count", "toast_bytes")}
            remedy = f"ALTER TABLE {row['quoted']} ALTER COLUMN {row['widest']} SET COMPRESSION lz4;"
            found.append(CHECK.finding(Severity.LOW, facts, row_bytes=each, remedy=remedy))
    return found


CHECK = Check(
    code="oversized-row",
    means="A row takes 64 kB or more on average, TOAST included, in a table with 64 MB or more out of line.",
    summary="a row of {object} takes {row_bytes}; {toast_bytes} of the table lie out of line",
    wrong_if="the wide column is only read when it is needed; sizes are those of the last VACUUM",
    look=look,
)
