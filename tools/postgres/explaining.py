"""EXPLAIN of one proven read, with or without parameters, on every version from 14."""

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from common.config.settings import Settings
from common.errors import InputError, MalformedSql, Refused
from tools.postgres.connection import Session
from tools.postgres.guard import proven_read
from tools.postgres.guard.known import known
from tools.postgres.statements import has_parameters


class NeedsValues(InputError):
    """This statement has parameters: {parameters}. Give a value for each, in order, or put them into the statement."""


async def allow(session: Session, statement: str, settings: Settings) -> None:
    """Raise Refused unless `statement` is proven to only read, reckoning with the functions of this database."""
    here = await known(session, settings.trusted)
    verdict = proven_read(statement, here)
    if verdict.allowed:
        return
    if verdict.code == "malformed":
        raise MalformedSql(detail=verdict.reason.removeprefix("not valid SQL: "))
    needs = (
        "A change is tried on a copy: ./p3 rehearse."
        if verdict.effect == "write"
        else "Send one SELECT, without EXPLAIN before it, that calls nothing the guard cannot prove to be a read."
    )
    if verdict.code == "unknown-function" and verdict.functions:
        own = [each for each in here.functions if verdict.functions[-1] in (each, each.rpartition(".")[2])]
        if own:
            listed = ",".join(sorted({*settings.trusted, *own}))
            needs = (
                f"Nothing was run. If {' and '.join(own)} only reads, say so and ask again: "
                f"DBCREW_TRUSTED_FUNCTIONS={listed}. Or ask with what it does written into the statement."
            )
    raise Refused(reason=f"{verdict.reason} ({verdict.code})", needs=needs)


async def explained(
    session: Session, statement: str, options: Sequence[str], values: Sequence[str | None] | None = None
) -> dict[str, Any]:
    """What EXPLAIN (options, FORMAT JSON) says of `statement`: its one element, with `Plan` and what stands beside it.

    A statement with parameters and no `values` gets its generic plan, the one PostgreSQL settles on for a prepared
    statement when the values make no difference (documentation of PREPARE, plan_cache_mode); with `values` the plan
    for these. Raises NeedsValues when ANALYZE is asked for and values are missing or too few.
    """
    head = sql.SQL("EXPLAIN ({}) ").format(sql.SQL(", ").join(sql.SQL(option) for option in (*options, "FORMAT JSON")))
    if not has_parameters(statement):
        return _element(await session.value(head + sql.SQL(statement.strip().rstrip(";"))))
    async with session.prepared(statement) as (name, types):
        listed = ", ".join(f"${number} {type_}" for number, type_ in enumerate(types, 1))
        if (values is None and "ANALYZE" in options) or (values is not None and len(values) != len(types)):
            raise NeedsValues(parameters=listed)
        mode = "force_generic_plan" if values is None else "force_custom_plan"
        await session.set_local("plan_cache_mode", mode)
        given = sql.SQL(", ").join(map(sql.Literal, values or [None] * len(types)))
        return _element(await session.value(head + sql.SQL("EXECUTE {}({})").format(sql.Identifier(name), given)))


def settings_of(element: dict[str, Any]) -> dict[str, str]:
    """The planner settings that differ from their defaults, without those that the session itself made."""
    found: dict[str, str] = element.get("Settings", {})
    return {name: value for name, value in found.items() if name not in ("search_path", "plan_cache_mode")}


def _element(answer: Any) -> dict[str, Any]:
    element: dict[str, Any] = answer[0]
    return element
