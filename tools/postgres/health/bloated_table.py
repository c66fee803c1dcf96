"""A table that is mostly air: every scan reads it, every cache holds it."""

from common.findings import Finding, Severity
from tools.postgres.connection import Row
from tools.postgres.health.bloat import needs, table_share, wasted
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

FUNCTION = "pgstattuple_approx"


async def look(view: View) -> Outcome:
    rows = await view.own("bloat_tables")
    found = await wasted(view, rows, FUNCTION, table_share, _finding)
    missing = await needs(view, rows, FUNCTION)
    return [*found, CHECK.not_checked(missing)] if missing else found


def _finding(row: Row, share: float, how: str) -> Finding:
    return CHECK.finding(
        Severity.MEDIUM,
        {"object": row["object"], "size_bytes": row["size_bytes"]},
        waste_share=share,
        waste_bytes=int(share * row["size_bytes"]),
        how=how,
        remedy=f"VACUUM (FULL, ANALYZE) {row['quoted']}; -- locks the table; pg_repack does it online",
    )


CHECK = Check(
    code="bloated-table",
    means="60 % or more of a table of 2 MB or more is free space or dead rows.",
    summary="{waste_share} of {object} ({waste_bytes} of {size_bytes}) is air, {how}",
    wrong_if="it is an estimate and the widths of the rows vary much, or the table is about to grow into the space",
    look=look,
    needs="CREATE EXTENSION pgstattuple;",
)
