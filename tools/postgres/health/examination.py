"""All checks over one server: what each found, and what could not be looked at."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import psycopg

from common.errors import DbcrewError, EngineDied
from common.findings import Finding, NotChecked
from tools.postgres.connection import Session
from tools.postgres.faults import translate
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import Patience, View

SHOWN = 200
"""The most findings of one code that are kept; checks name the worst first."""

Open = Callable[[], AbstractAsyncContextManager[Session]]


async def examine(
    checks: Sequence[Check], opened: Open, patience: Patience, progress: Callable[[str], None]
) -> tuple[list[Finding], list[NotChecked]]:
    """Run `checks` one after the other in read-only sessions from `opened`, worst findings first.

    A check that the server refuses is reported as not checked and hides no other one: it costs its transaction, and
    the next goes on in a new one. Raises EngineDied when the server goes away.
    """
    view = View(None, patience)
    found: list[Finding] = []
    missed: list[NotChecked] = []
    waiting = list(checks)
    while waiting:
        async with opened() as session:
            view.session = session
            intact = True
            while waiting and intact:
                check = waiting.pop(0)
                progress(check.code)
                outcome, intact = await _look(check, view)
                found += [each for each in outcome if isinstance(each, Finding)][:SHOWN]
                missed += [each for each in outcome if isinstance(each, NotChecked)]
    found.sort(key=lambda each: (each.severity.rank, each.code, each.object))
    return found, list({(each.code, each.needs): each for each in missed}.values())


async def _look(check: Check, view: View) -> tuple[Outcome, bool]:
    """What one check brought, and whether its session is still good for the next."""
    try:
        return await check.look(view), True
    except psycopg.Error as error:
        refusal = translate(error, "PostgreSQL", "the server being checked")
    except DbcrewError as error:
        refusal = error
    if isinstance(refusal, EngineDied):
        raise refusal
    said = " ".join(str(refusal).split())
    return [check.not_checked(f"{check.needs} ({said})" if check.needs else said)], False
