"""Who keeps a rehearsal from reading the live server: the session behind a lock that was waited for in vain."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from common.errors import DbcrewError, Locked
from common.figures import show
from common.queries import query
from tools.postgres.channel import Row
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.names import QualifiedName

_HIDDEN = "how long is shown to members of pg_read_all_stats only"
_AGAIN = "then rehearse it again. Nothing was changed on the live server."


@asynccontextmanager
async def holders_named(postgres: Postgres, tables: Sequence[QualifiedName], trace: list[str]) -> AsyncIterator[None]:
    """Whoever raises Locked inside raises it with the name of the session that holds the lock."""
    try:
        yield
    except Locked as error:
        raise await with_holder(postgres, error, tables, trace) from error


async def with_holder(postgres: Postgres, error: Locked, tables: Sequence[QualifiedName], trace: list[str]) -> Locked:
    """The same error, saying who holds the lock, for how long, what for, and what to do.

    Reading needs no more than AccessShareLock, which one mode alone keeps out. `tables` are named first where several
    relations are locked. The error as it is when the lock is gone by now.
    """
    try:
        async with postgres.session(trace) as session:
            rows = await session.rows(query("tools.postgres.rehearsal", "holders"))
    except DbcrewError:  # what happened first is what to tell
        return error
    if not rows:
        return Locked(
            what=error.facts["what"], seconds=error.facts["seconds"],
            next="The lock is free again by now: rehearse it again.",
        )  # fmt: skip
    row = min(rows, key=lambda each: (_name(each) not in tables, rows.index(each)))
    return Locked(what=f"Waiting for a lock on {_name(row)}", seconds=error.facts["seconds"], next=_said(row))


def _name(row: Row) -> QualifiedName:
    return QualifiedName(row["schema"], row["name"])


def _said(row: Row) -> str:
    if row["pid"] is None:
        age = f", for {show('s', round(row['transaction_s'], 1))}" if row["transaction_s"] is not None else ""
        gid = str(row["gid"] or "").replace("'", "''")
        return (
            f"A prepared transaction, '{gid}', holds {row['mode']}{age}: it waits to be ended. In its database"
            f" COMMIT PREPARED '{gid}'; or ROLLBACK PREPARED '{gid}'; {_AGAIN}"
        )
    who = f"Process {row['pid']} (" + ", ".join(
        [f"role {row['role']}" if row["role"] else str(row["kind"]), *([row["application"]] if row["application"] else [])]
    ) + ")"  # fmt: skip
    age = _HIDDEN if row["transaction_s"] is None else f"for {show('s', round(row['transaction_s'], 1))}"
    if not row["granted"]:
        others = ", ".join(map(str, row["behind"])) or "others"
        return (
            f"{who} waits for {row['mode']}, behind process {others}, and whoever comes after it waits, too. Let process"
            f" {others} end, or call off the one that waits: SELECT pg_cancel_backend({row['pid']}); {_AGAIN}"
        )
    return (
        f"{who} holds {row['mode']}, {age}; {_waits(row)}. Let it end, or end it:"
        f" SELECT pg_terminate_backend({row['pid']}); {_AGAIN}"
    )


def _waits(row: Row) -> str:
    """What the holder itself waits for."""
    if row["waits_for"]:
        return "it waits itself, for process " + ", ".join(map(str, row["waits_for"]))
    if str(row["state"] or "").startswith("idle in transaction"):
        return "it is idle in its transaction and waits for its client to go on"
    if row["state"] is None:
        return "what it waits for is shown to members of pg_read_all_stats only"
    if row["wait_on"]:
        return f"it is at work and waits for {row['wait_kind']} {row['wait_on']}"
    return "it is at work and waits for nobody"
