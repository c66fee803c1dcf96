"""Row triggers that make a change of many rows into many more."""

from collections.abc import Iterator

from pglast import ast

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import SMALL_ROWS, Case

_EVENTS: dict[type, str] = {ast.InsertStmt: "INSERT", ast.UpdateStmt: "UPDATE", ast.DeleteStmt: "DELETE"}


def check(case: Case) -> Iterator[Finding]:
    """A statement that changes many rows of a table whose row triggers write elsewhere."""
    for step in case.trial.steps:
        node = case.statement(step.number).node
        event = _EVENTS.get(type(node))
        if event is None or node.relation is None or step.rows <= 0:
            continue
        table = case.table(node.relation)
        live = round(step.rows * case.scale(table))
        firing = [
            name
            for name, fact in case.trial.before.catalogue.items()
            if name.startswith("trigger ") and name.endswith(f" on {table}") and fact["enabled"] != "D"
            and event in fact["definition"] and "FOR EACH ROW" in fact["definition"]
        ]  # fmt: skip
        if firing and live > SMALL_ROWS:
            yield case.found(
                "trigger-multiplies-writes", Severity.MEDIUM, table,
                "Statement {statement} changes about {live_rows} rows, and for each one {trigger_count} trigger(s) run",
                statement=step.number, live_rows=live, trigger_count=len(firing),
                remedy="Do it in batches, or where it is right with the triggers disabled.",
            )  # fmt: skip
