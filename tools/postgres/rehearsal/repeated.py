"""The same migration run again on fresh copies: a moment's luck of the clock must not be taken ten times over."""

import time
from contextlib import AsyncExitStack, suppress
from dataclasses import replace

import psycopg
from psycopg import sql

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.clock import server_ms
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.floor import floors
from tools.postgres.rehearsal.new_keys import make_room
from tools.postgres.rehearsal.rehearsal import Trial, owner_of
from tools.postgres.rehearsal.rewritten import spare_of
from tools.postgres.rehearsal.script import Statement

_RUNS = 3
_BUDGET_S = 2.5
_MATTERS_MS = 50.0
"""At live size: of what takes less, nobody asks how much less."""
_LONG_MS = 2_000.0
"""What takes so long on the copy says enough when it has run once."""
_LIMIT = "30s"


async def repeated(trial: Trial, spare: Copy | None) -> Trial:
    """The trial with the least and the most time each statement took, where times are to be scaled to the live size.

    `spare` is a copy as it was before the migration; None where there is none, and the trial stays as it is. Nobody
    works beside these runs, so that the least of them is what the statement itself takes on this machine.
    """
    case = Case(trial)
    if spare is None or trial.failed is not None or sum(step.ms for step in trial.steps) > _LONG_MS:
        return trial
    if not any(case.times(step) > 1 and case.live_ms(step) > _MATTERS_MS for step in trial.steps):
        return trial
    runs: list[list[float]] = []
    until = time.monotonic() + _BUDGET_S
    with suppress(psycopg.Error):  # what was timed by then is enough
        while len(runs) < _RUNS and time.monotonic() < until:
            again = await _once(trial, spare)
            if again is None:
                break
            runs.append(again)
    if not runs:
        return trial
    timed = [
        replace(step, least_ms=round(min(*same, step.ms), 3), most_ms=round(max(*same, step.ms), 3), runs=len(same) + 1)
        for step, same in zip(trial.steps, zip(*runs, strict=True), strict=True)
    ]
    return replace(trial, steps=tuple(timed))


async def _once(trial: Trial, spare: Copy) -> list[float] | None:
    """Milliseconds of every statement on a fresh copy, by its clock; None where there is no room for one."""
    async with AsyncExitStack() as stack:
        fresh = await stack.enter_async_context(spare_of(spare))
        if fresh is None:
            return None
        async with await fresh.connect() as keeper:
            await make_room(fresh, keeper, trial.tables, trial.up)
        runner = await stack.enter_async_context(await fresh.connect_as_owner())
        await runner.execute(f"SET statement_timeout = '{_LIMIT}'")
        owner = owner_of(trial.before, trial.tables)
        if owner is not None:
            await runner.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
        # So that the catalogue is in the session's caches: reading it is no part of what grows with the rows. The rows
        # are not in the server's memory, as those of a large table are not.
        await floors(runner, trial.up)
        return [await _ms(runner, fresh, statement) for statement in trial.up]


async def _ms(runner: psycopg.AsyncConnection, copy: Copy, statement: Statement) -> float:
    if statement.control or statement.alone:
        began = time.perf_counter()
        await runner.execute(statement.sql.encode())
        return (time.perf_counter() - began) * 1000
    text = copy.literals.statement(statement.sql) if copy.literals is not None else statement.sql
    if statement.in_transaction:
        return await server_ms(runner, text)
    await runner.execute("BEGIN")
    return await server_ms(runner, text) + await server_ms(runner, "COMMIT")
