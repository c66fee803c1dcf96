"""A materialized view refreshed: CONCURRENTLY, where a unique index allows it."""

from pglast import ast

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.rewrites.step import No
from tools.postgres.rehearsal.script import Statement


def steps(case: Case, statement: Statement) -> list[str] | No | None:
    """Source: PostgreSQL documentation, REFRESH MATERIALIZED VIEW."""
    node = statement.node
    if not isinstance(node, ast.RefreshMatViewStmt) or node.concurrent or node.skipData:
        return None
    name = case.table(node.relation)
    unique = [
        fact["definition"]
        for key, fact in case.trial.before.catalogue.items()
        if key.startswith("index ") and fact["definition"].startswith("CREATE UNIQUE INDEX")
        and f" ON {name} " in fact["definition"] and " WHERE " not in fact["definition"]
    ]  # fmt: skip
    if not unique:
        return No(f"{name} has no unique index over all its rows, without which it cannot be refreshed CONCURRENTLY")
    return [f"REFRESH MATERIALIZED VIEW CONCURRENTLY {name}"]
