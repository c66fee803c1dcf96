"""The tool `activity`: who is at work, who waits for whom, and which transactions are left open."""

from pydantic import BaseModel, ConfigDict, Field

from common.queries import query
from tools.postgres.normal import normal
from tools.postgres.place import quoted
from tools.tool import Bench, Effect, Tool

_SHOWN = 200


class Args(BaseModel):
    """A transaction older than `long_s` seconds is called long; one idle in transaction longer than `idle_s`, idle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    long_s: float = Field(default=300.0, gt=0)
    idle_s: float = Field(default=60.0, gt=0)


class Connection(BaseModel):
    """One session. `statement` is its last one, without constants and comments, at most 200 characters; empty when this
    role may not see it. `blocked_by` are the sessions it waits for; `snapshot_age` counts the transactions since the
    oldest row version it keeps vacuum from removing.
    """

    pid: int
    role: str | None
    application: str | None
    kind: str | None
    state: str | None
    wait_kind: str | None
    wait_on: str | None
    transaction_s: float | None
    statement_s: float | None
    state_s: float | None
    blocked_by: tuple[int, ...]
    snapshot_age: int | None
    statement: str
    hidden: bool


class Lock(BaseModel):
    """A lock on a relation, stronger than a reader's, or waited for."""

    pid: int
    mode: str
    granted: bool
    relation: str
    waiting_s: float | None


class Result(BaseModel):
    """Sessions of this database at one moment, the oldest transaction first. Lists of process ids point into `sessions`.

    `roots` block others and wait for nobody. `needs` is the GRANT that shows what is hidden from this role, if any.
    """

    sessions: tuple[Connection, ...]
    locks: tuple[Lock, ...]
    active: int
    blocked: tuple[int, ...]
    roots: tuple[int, ...]
    idle_in_transaction: tuple[int, ...]
    long_transactions: tuple[int, ...]
    waits: dict[str, int]
    needs: str


async def run(args: Args, bench: Bench) -> Result:
    """Sessions, locks, who blocks whom, and transactions left open, at this moment."""
    async with bench.live() as session:
        sessions = [
            Connection(**{**row, "statement": "" if row["hidden"] else normal(row["statement"] or "", longest=_SHOWN)})
            for row in await session.rows(query(__package__, "sessions"))
        ]
        locks = await session.rows(query(__package__, "locks"))
        role = await session.value("SELECT current_user")
    blocked = {one.pid for one in sessions if one.blocked_by}
    waits: dict[str, int] = {}
    for one in sessions:
        if one.state == "active" and one.wait_kind:
            name = f"{one.wait_kind}: {one.wait_on}"
            waits[name] = waits.get(name, 0) + 1
    return Result(
        sessions=tuple(sessions),
        locks=tuple(Lock(**row) for row in locks),
        active=sum(one.state == "active" for one in sessions),
        blocked=tuple(sorted(blocked)),
        roots=tuple(sorted({pid for one in sessions for pid in one.blocked_by} - blocked)),
        idle_in_transaction=tuple(
            one.pid
            for one in sessions
            if (one.state or "").startswith("idle in transaction") and (one.state_s or 0) >= args.idle_s
        ),
        long_transactions=tuple(one.pid for one in sessions if (one.transaction_s or 0) >= args.long_s),
        waits=waits,
        needs=f"GRANT pg_read_all_stats TO {quoted(role)};" if any(one.hidden for one in sessions) else "",
    )


TOOL = Tool("activity", "postgresql", Effect.READ, Args, run)
