"""The tool `replication`: who follows this server, how far behind each is, and what slots keep."""

import asyncio

from pydantic import BaseModel, ConfigDict, Field

from common.queries import query
from tools.postgres.place import quoted
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    """WAL is measured over `sample_s` seconds, to say how fast the server writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample_s: float = Field(default=1.0, gt=0, le=30)


class Standby(BaseModel):
    """One receiver of WAL. `*_bytes`: WAL written here that it has not sent, flushed or replayed; `*_s`: the same in time,
    None when the server knows none (nothing was written lately).
    """

    application: str
    state: str
    sync_state: str
    unsent_bytes: int | None
    unflushed_bytes: int | None
    lag_bytes: int | None
    flush_lag_s: float | None
    lag_s: float | None


class Slot(BaseModel):
    """One replication slot. `kept_bytes`: WAL that cannot be removed because of it. `safe_bytes`: how much more may be
    written before it is lost; None without max_slot_wal_keep_size.
    """

    name: str
    kind: str
    active: bool
    wal_status: str
    kept_bytes: int | None
    safe_bytes: int | None


class Result(BaseModel):
    """One moment. `standby`: this server itself follows another; then `own_*` are its own: WAL received and not replayed,
    the age of the last transaction it replayed, whether it is connected, and the queries that replay has ended.

    `wal_rate_bytes` is what the server writes a second, over the sample. `worst_*` are those of the standby that is
    farthest behind. `needs` is the GRANT that shows what this role may not see, if any.
    """

    standby: bool
    standbys: list[Standby]
    slots: list[Slot]
    streaming: int
    synchronous: int
    worst_lag_bytes: int | None
    worst_lag_s: float | None
    kept_bytes: int | None
    wal_rate_bytes: float | None
    own_lag_bytes: int | None = None
    own_lag_s: float | None = None
    connected: bool | None = None
    paused: bool | None = None
    conflicts: int | None = None
    settings: dict[str, str]
    needs: str


async def run(args: Args, bench: Bench) -> Result:
    """Standbys with their lag in bytes and time, replication slots and the WAL they keep, and the settings behind them."""
    async with bench.live() as session:
        facts = await session.row(query(__package__, "replication")) or {}
        standbys = [Standby.model_validate(row) for row in await session.rows(query(__package__, "standbys"))]
        slots = [Slot.model_validate(row) for row in await session.rows(query(__package__, "slots"))]
        settings = await session.rows(query(__package__, "replication_settings"))
        written = None
        if not facts["standby"]:
            await asyncio.sleep(args.sample_s)
            written = await session.row(query(__package__, "wal_written"), {"since": facts["lsn"]})
    hidden = bool(standbys) and not facts["reads_stats"]
    lags = [one.lag_bytes for one in standbys if one.lag_bytes is not None]
    times = [one.lag_s for one in standbys if one.lag_s is not None]
    kept = [one.kept_bytes for one in slots if one.kept_bytes is not None]
    return Result(
        standby=facts["standby"],
        standbys=standbys,
        slots=slots,
        streaming=sum(one.state == "streaming" for one in standbys),
        synchronous=sum(one.sync_state in ("sync", "quorum") for one in standbys),
        worst_lag_bytes=max(lags, default=None),
        worst_lag_s=max(times, default=None),
        kept_bytes=max(kept, default=None),
        wal_rate_bytes=round(written["bytes"] / written["seconds"], 1) if written else None,
        own_lag_bytes=facts["own_lag_bytes"],
        own_lag_s=facts["own_lag_s"],
        connected=facts["connected"],
        paused=facts["paused"],
        conflicts=facts["conflicts"],
        settings={row["name"]: row["setting"] for row in settings},
        needs=f"GRANT pg_read_all_stats TO {quoted(facts['role'])};" if hidden else "",
    )


TOOL = Tool("replication", "postgresql", Effect.READ, Args, run)
