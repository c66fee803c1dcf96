"""An index whose columns are the first columns of another: the other serves the same reads."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

WORTH_BYTES = 64 << 20


async def look(view: View) -> Outcome:
    return [
        CHECK.finding(Severity.MEDIUM if row["size_bytes"] >= WORTH_BYTES else Severity.LOW, row)
        for row in await view.own("overlaps")
        if not row["same"]
    ]


CHECK = Check(
    code="redundant-index",
    means="A plain, non-unique B-tree index is a prefix of another one with the same operator classes and order.",
    summary="{object} ({size_bytes}) is a prefix of {kept}, which serves the same reads",
    wrong_if="the longer index is so much larger that the short one saves reads that matter more than its upkeep",
    look=look,
)
