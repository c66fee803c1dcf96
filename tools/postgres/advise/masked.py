"""Statements whose runs on a copy say nothing, because a mask took the rows they find."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from common.errors import DbcrewError, EngineDied
from tools.postgres.advise.case import Case
from tools.postgres.advise.hypothetical import parsed
from tools.postgres.advise.proof import Proof
from tools.postgres.connection import Postgres
from tools.postgres.plans.tree import Plan, plan_of

_LEAST = 1.0
"""Rows that the live planner must expect there to be on the copy."""


async def distrusted(
    postgres: Postgres, cases: Sequence[Case], proof: Proof, masked: Collection[str], grown: dict[str, float]
) -> Proof:
    """`proof` without the runs of statements that found no row of a table on the copy though the live planner expects
    some, and compare one of its masked columns (`schema.table.column`): those count as not run.

    `grown`: how many times more rows each live table has than the copy. Raises EngineDied when the live server goes away.
    """
    by_number = {case.number: case for case in cases}
    gone: dict[int, str] = {}
    for run in proof.measured:
        case = by_number[run.number]
        columns = compared(case, masked)
        places = {
            each.table.qualified: {each.table.qualified, *each.table.partitions} for each in case.statement.relations
        }
        empty = {table: names for table, names in columns.items() if found(run.after, places[table]) == 0}
        if not empty:
            continue
        live = await _live(postgres, case.query.sql)
        for table, names in empty.items():
            rows = expected(live, places[table]) / grown.get(table, 1.0) if live is not None else 0.0
            if rows >= _LEAST:
                gone[run.number] = (
                    f"its run there does not count, judged by the estimate alone: {', '.join(names)} masked, it found no "
                    f"row where about {rows:,.0f} were to be expected"
                )
    return replace(
        proof,
        measured=[run for run in proof.measured if run.number not in gone],
        not_run={**proof.not_run, **gone},
    )


def compared(case: Case, masked: Collection[str]) -> dict[str, list[str]]:
    """The masked columns that a statement's conditions are about, by table."""
    tables = {relation.number: relation.table.qualified for relation in case.statement.relations}
    columns: dict[str, list[str]] = {}
    for term in case.statement.terms:
        for name in term.key.columns:
            table = tables[term.relation]
            if f"{table}.{name}" in masked and f"{table}.{name}" not in columns.setdefault(table, []):
                columns[table].append(f"{table}.{name}")
    return {table: names for table, names in columns.items() if names}


def found(plan: Plan, places: Collection[str]) -> float | None:
    """Rows that a measured plan took from a table (or its partitions); None when it never came to read it."""
    rows = [node.rows or 0.0 for node in plan.nodes if node.table in places and node.loops]
    return max(rows) if rows else None


def expected(plan: Plan, places: Collection[str]) -> float:
    """Rows that the planner expects from one reading of a table (or the fullest of its partitions)."""
    return max((node.estimated_rows for node in plan.nodes if node.table in places), default=0.0)


async def _live(postgres: Postgres, sql: str) -> Plan | None:
    """The live server's plan, estimated; None when it refuses."""
    try:
        async with postgres.session([]) as session:
            rows = await session.rows(f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}")
    except EngineDied:
        raise
    except DbcrewError:
        return None
    return plan_of(parsed(next(iter(rows[0].values()))))
