"""Two indexes on the same columns in the same way: every write pays twice, no read gains."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

WORTH_BYTES = 8 << 20


async def look(view: View) -> Outcome:
    return [
        CHECK.finding(Severity.MEDIUM if row["size_bytes"] >= WORTH_BYTES else Severity.LOW, row)
        for row in await view.own("overlaps")
        if row["same"]
    ]


CHECK = Check(
    code="duplicate-index",
    means="Two valid indexes of a table agree in method, columns, operator classes, collations, order, INCLUDE, WHERE.",
    summary="{object} repeats {kept} and takes {size_bytes}; every write pays for both",
    wrong_if="the index is named in a hint or a script; none that backs a constraint or a replica identity is reported",
    look=look,
)
