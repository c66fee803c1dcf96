"""A B-tree index that is mostly air, as deletes and page splits leave it."""

from common.findings import Finding, Severity
from tools.postgres.connection import Row
from tools.postgres.health.bloat import index_share, needs, wasted
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

FUNCTION = "pgstatindex"


async def look(view: View) -> Outcome:
    rows = await view.own("bloat_indexes")
    found = await wasted(view, rows, FUNCTION, index_share, _finding)
    missing = await needs(view, rows, FUNCTION)
    return [*found, CHECK.not_checked(missing)] if missing else found


def _finding(row: Row, share: float, how: str) -> Finding:
    facts = {name: row[name] for name in ("object", "table", "size_bytes", "remedy")}
    waste = int(share * row["size_bytes"])
    return CHECK.finding(Severity.MEDIUM, facts, waste_share=share, waste_bytes=waste, how=how)


CHECK = Check(
    code="bloated-index",
    means="60 % or more of a B-tree index of 2 MB or more is air, beyond the tenth that leaves keep free.",
    summary="{waste_share} of {object} ({waste_bytes} of {size_bytes}) is air, {how}",
    wrong_if="it is an estimate and the values vary much in length, or many equal keys are stored once",
    look=look,
    needs="CREATE EXTENSION pgstattuple;",
)
