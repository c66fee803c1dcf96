"""The statements of a workload, read against the live server and filled with values, as far as that goes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from common.errors import DbcrewError, EngineDied, Refused
from tools.postgres.advise.candidates import propose
from tools.postgres.advise.case import Case
from tools.postgres.advise.filling import Schemas, prepared
from tools.postgres.advise.observed import Observed
from tools.postgres.advise.workload import Item, Workload
from tools.postgres.connection import Postgres
from tools.postgres.place import quoted
from tools.postgres.statements import has_parameters

_MOST_STATEMENTS = 300
_OWN_SCHEMAS = frozenset({"pg_catalog", "information_schema"})


@dataclass(frozen=True)
class Missing:
    """What the advice had to do without, and what it would take to have it."""

    what: str
    needs: str


@dataclass
class Cases:
    """What can be advised on. `skipped`: the other statements, each with the reason."""

    cases: list[Case] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


async def cases_of(postgres: Postgres, workload: Workload, seconds: float, progress: Callable[[str], None]) -> Cases:
    """The heaviest statements of `workload` as cases, as many as can be read in `seconds`.

    Raises EngineDied when the live server goes away; every other refusal is a reason why one statement is skipped.
    """
    found = Cases(skipped=list(workload.bad))
    until = time.monotonic() + seconds
    progress(f"reading {len(workload.items)} statements")
    observed = await _observed(postgres, workload, found)
    schemas = Schemas(postgres)
    for number, item in enumerate(workload.items):
        if number >= _MOST_STATEMENTS:
            found.skipped.append((item.label, f"only the {_MOST_STATEMENTS} heaviest statements are looked at"))
        elif number and time.monotonic() > until:
            found.skipped.append((item.label, f"not looked at: {number} heavier ones took {seconds:.0f} s to read"))
        else:
            await _read(postgres, item, schemas, observed, found)
    for table in {r.table.oid: r.table for case in found.cases for r in case.statement.relations}.values():
        if not table.analysed and table.kind in ("r", "p", "m"):
            name = f"{quoted(table.schema)}.{quoted(table.name)}"
            found.missing.append(Missing(f"statistics of {table.qualified}: it was never analysed", f"ANALYZE {name};"))
    return found


async def _observed(postgres: Postgres, workload: Workload, found: Cases) -> Observed | None:
    """Values in use, when some statement wants any."""
    if not any(has_parameters(item.text) for item in workload.items[:_MOST_STATEMENTS]):
        return None
    async with postgres.session([]) as session:
        observed = await Observed.now(session)
    if observed.hidden:
        found.missing.append(
            Missing(
                "values from pg_stat_activity: it hides other roles' statements from this role",
                f"GRANT pg_read_all_stats TO {quoted(postgres.role)};",
            )
        )
    return observed


async def _read(postgres: Postgres, item: Item, schemas: Schemas, observed: Observed | None, found: Cases) -> None:
    try:
        seen = observed.seen(item.text) if observed else None
        statement, fills = await prepared(postgres, item.text, [], item.others, schemas, seen)
        async with postgres.session([]) as session:  # a value that does not fit shows here, alone
            for filled in fills:
                await session.rows(f"EXPLAIN {filled.sql}")
    except EngineDied:
        raise
    except DbcrewError as error:
        where = f"line {item.line}: " if item.line else ""
        said = " ".join(str(error).split())
        found.skipped.append((item.label, where + said))
        if isinstance(error, Refused) and "GRANT " in error.facts["needs"]:
            need = Missing(f"the right to read: {error.facts['reason']}", error.facts["needs"])
            found.missing += [] if need in found.missing else [need]
        return
    if statement.relations and all(each.table.schema in _OWN_SCHEMAS for each in statement.relations):
        found.skipped.append((item.label, "it reads the server's own catalogue, which takes no indexes of ours"))
        return
    found.cases.append(Case(len(found.cases) + 1, item, statement, fills, propose(statement)))
