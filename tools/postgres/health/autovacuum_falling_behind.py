"""More tables wait for vacuum than it gets to."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

LATE_TIMES = 2
MANY_ROWS = 10_000
TABLES = 5


async def look(view: View) -> Outcome:
    """Five or more large tables at twice their threshold, on a server that has been up for ten rounds of autovacuum."""
    vacuum = (await view.rows("autovacuum"))[0]
    if await view.on_replica() or not vacuum["automatic"] or not vacuum["had_time"]:
        return []
    late = [
        row
        for row in await view.own("table_activity")
        if row["automatic"] and row["dead_rows"] >= max(LATE_TIMES * row["vacuum_at"], MANY_ROWS)
    ]
    if len(late) < TABLES:
        return []
    return [
        CHECK.finding(
            Severity.HIGH if vacuum["running"] >= vacuum["workers"] else Severity.MEDIUM,
            {"object": "autovacuum_max_workers"},
            tables=len(late),
            dead_rows=sum(row["dead_rows"] for row in late),
            workers=vacuum["workers"],
            running=vacuum["running"],
            remedy="ALTER SYSTEM SET autovacuum_vacuum_cost_limit = 2000; SELECT pg_reload_conf();",
        )
    ]


CHECK = Check(
    code="autovacuum-falling-behind",
    means="Five or more tables have twice the dead rows at which autovacuum should have come.",
    summary="{tables} tables with {dead_rows} dead rows wait; {running} of {workers} autovacuum workers are at work",
    wrong_if="a large batch has just ended, or a long transaction keeps the rows from being removed",
    look=look,
)
