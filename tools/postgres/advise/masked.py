"""Statements whose runs on a copy say nothing, because a mask took the rows they find."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from common.errors import DbcrewError, EngineDied
from common.figures import agreeing
from tools.postgres.advise.building import grown
from tools.postgres.advise.case import Case
from tools.postgres.advise.filling import prepared
from tools.postgres.advise.hypothetical import parsed
from tools.postgres.advise.proof import Proof
from tools.postgres.connection import Postgres
from tools.postgres.plans.statement import Statement
from tools.postgres.plans.tree import Plan, plan_of
from tools.postgres.rehearsal.copy import Copy

_LEAST = 1.0
"""Rows that the live planner must expect there to be on the copy, where the statement finds none."""
_TIMES, _FEW = 2.0, 10.0
"""Where it finds some: how many times more or fewer, beside these few, is another number of rows than the live server's."""


async def distrusted(
    postgres: Postgres, cases: Sequence[Case], proof: Proof, masked: Collection[str], more: Mapping[str, float]
) -> Proof:
    """`proof` without the runs of statements that found no row of a table on the copy though the live planner expects
    some, and compare one of its masked columns (`schema.table.column`): those count as not run.

    `more`: how many times more rows each live table has than the copy. Raises EngineDied when the live server goes away.
    """
    by_number = {case.number: case for case in cases}
    gone: dict[int, str] = {}
    for run in proof.measured:
        case = by_number[run.number]
        said = await _unlike(postgres, case.query.sql, case.statement, run.after, None, masked, more)
        if said:
            gone[run.number] = f"its run there does not count, judged by the estimate alone: {said}"
    return replace(
        proof,
        measured=[run for run in proof.measured if run.number not in gone],
        not_run={**proof.not_run, **gone},
    )


async def doubt(postgres: Postgres, copy: Copy, sql: str, ran: Any, live: Any, trace: list[str]) -> str:
    """Why a statement's run on a copy says nothing of the live server: which masked columns it compares and how many rows
    it found; empty when it may be believed, or when the statement is none that could be read.

    `ran` and `live` are what EXPLAIN (VERBOSE, FORMAT JSON) said on the copy, measured, and on the live server, measured
    or not; None: the live server is asked. Raises EngineDied when it goes away.
    """
    if not copy.masked:
        return ""
    try:
        statement, fills = await prepared(postgres, sql, trace)
    except EngineDied:
        raise
    except DbcrewError:
        return ""
    known = plan_of(live) if live else None
    more = grown(copy, [statement])
    return await _unlike(postgres, fills[0].sql, statement, plan_of(ran), known, copy.masked, more)


async def _unlike(
    postgres: Postgres,
    sql: str,
    statement: Statement,
    here: Plan,
    live: Plan | None,
    masked: Collection[str],
    more: Mapping[str, float],
) -> str:
    """What is to be said of the tables of which `here`, the plan on the copy, found clearly other rows than `live`: none
    where the live server finds or expects some; by a measured plan also many times more or fewer."""
    places = {each.table.qualified: {each.table.qualified, *each.table.partitions} for each in statement.relations}
    columns = compared(statement, masked)
    rows = {table: found(here, places[table]) for table in columns}
    if live is None or not live.measured:
        if 0 not in rows.values():
            return ""
        live = live or await _live(postgres, sql)
    said = []
    for table, names in columns.items():
        got, times = rows[table], more.get(table, 1.0)
        there = None if live is None else found(live, places[table]) if live.measured else expected(live, places[table])
        if live is None or got is None or there is None or not _differs(got, there, times):
            continue
        if got and not (live.measured and _returns_others(here, live, times)):
            continue
        count = agreeing(f"{got:,.0f} rows") if got else "no row"
        usual = f"the live server finds {there:,.0f}"
        if not live.measured or times > 1:
            usual = f"about {there / times:,.0f} were to be expected"
        said.append(f"{', '.join(names)} masked, it found {count} where {usual}")
    return "; ".join(said)


def _differs(here: float, there: float, times: float) -> bool:
    """Whether it is clearly another number; of a sample, anything from its share of the rows to all of them is the same."""
    if here == 0:
        return there / times >= _LEAST
    return here + _FEW < there / times / _TIMES or here > there * _TIMES + _FEW


def _returns_others(here: Plan, live: Plan, times: float) -> bool:
    """Whether the statement as a whole tells the same: how much of one table is read depends on the plan, too."""
    kinds = {node.kind for node in (*here.nodes, *live.nodes)}
    if "Limit" in kinds:
        return False
    return "Aggregate" in kinds or _differs(here.root.rows or 0.0, live.root.rows or 0.0, times)


def compared(statement: Statement, masked: Collection[str]) -> dict[str, list[str]]:
    """The masked columns that a statement's conditions are about, by table."""
    tables = {relation.number: relation.table.qualified for relation in statement.relations}
    columns: dict[str, list[str]] = {}
    for term in statement.terms:
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
