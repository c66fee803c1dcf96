"""What of the live server goes onto the copy for a workload, and which statements cannot run there."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from tools.postgres.advise.built import Built
from tools.postgres.advise.case import Case
from tools.postgres.advise.cases import Missing
from tools.postgres.connection import Postgres
from tools.postgres.place import quoted
from tools.postgres.plans.names import tables_in
from tools.postgres.plans.schema import Table
from tools.postgres.plans.statement import Statement
from tools.postgres.rehearsal.names import QualifiedName

_KINDS = ("r", "p", "m", "v")
_OWN_SCHEMAS = ("pg_catalog", "information_schema")
_CLOSED = (
    "SELECT c.oid::bigint AS oid FROM pg_catalog.pg_class AS c WHERE c.oid = ANY (%s::oid[])"
    " AND NOT has_table_privilege(c.oid, 'SELECT')"
)


@dataclass(frozen=True)
class Carried:
    """The tables and views to copy. `guarded`: those of them with row security. `missing`: those that may not be read."""

    names: tuple[QualifiedName, ...]
    guarded: tuple[str, ...]
    missing: tuple[Missing, ...]


async def carried(postgres: Postgres, cases: Sequence[Case]) -> Carried:
    """What the statements read, and the views they are looked through. Raises what the session raises."""
    known: dict[int, Table] = {}
    for case in cases:
        for table in (*(relation.table for relation in case.statement.relations), *_views(case.statement)):
            if table.kind in _KINDS and not table.temporary and table.schema not in _OWN_SCHEMAS:
                known[table.oid] = table
    async with postgres.session([]) as session:
        closed = {row["oid"] for row in await session.rows(_CLOSED, (list(known),))}
    needs = (
        Missing(
            f"the right to read {known[oid].qualified}, so that it cannot be copied",
            f"GRANT SELECT ON {quoted(known[oid].schema)}.{quoted(known[oid].name)} TO {quoted(postgres.role)};",
        )
        for oid in sorted(closed)
    )
    open_ = [table for oid, table in known.items() if oid not in closed]
    return Carried(
        tuple(QualifiedName(table.schema, table.name) for table in open_),
        tuple(sorted(table.qualified for table in open_ if table.row_security)),
        tuple(needs),
    )


async def lost(built: Built, cases: Sequence[Case]) -> dict[int, str]:
    """Numbers of the statements that cannot be planned on the copy, with the reason. Raises psycopg.OperationalError."""
    found: dict[int, str] = {}
    for case in cases:
        try:
            for text in case.query.texts:
                await built.plan(text, frozenset())
        except psycopg.errors.Error as error:
            if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
                raise
            foreign = sorted({r.table.qualified for r in case.statement.relations if r.table.kind == "f"})
            said = (error.diag.message_primary or str(error)).strip()
            found[case.number] = f"{', '.join(foreign)}: a foreign table stays where it is" if foreign else said
    return found


def _views(statement: Statement) -> list[Table]:
    """The views that a statement is looked through, which it needs by name when it runs."""
    found: dict[int, Table] = {}
    todo = tables_in(statement.sql)
    while todo:
        tables = [table for name in todo if (table := statement.schema.table(name)) and table.oid not in found]
        views = {table.oid: table for table in tables if table.kind == "v"}
        found |= views
        todo = {name for view in views.values() for name in tables_in(view.definition)}
    return list(found.values())
