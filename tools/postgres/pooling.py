"""The tool `pooling`: is the pooler sized right, by what the server and PgBouncer count?"""

import asyncio
import math
from typing import Any

import psycopg
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict, Field

from common.errors import Unreachable
from common.findings import Finding, Severity
from common.queries import query
from tools.postgres.place import place, quoted
from tools.tool import Bench, Effect, Tool

_CONFIG = (
    "pool_mode",
    "default_pool_size",
    "min_pool_size",
    "reserve_pool_size",
    "max_client_conn",
    "max_db_connections",
    "query_wait_timeout",
    "server_idle_timeout",
)
_WAITED_S = 1.0
_HEADROOM = 2.0
"""A queue in front of servers that are busy half of the time stays short (M/M/c: it grows without bound towards 1)."""


class Args(BaseModel):
    """Sessions are counted `samples` times, `gap_s` seconds apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(default=5, ge=1, le=60)
    gap_s: float = Field(default=0.2, gt=0, le=10)


class Pool(BaseModel):
    """One of PgBouncer's pools (a database and a user). `size` is how many server connections it may hold.

    `needed` is how many are busy on average: transactions a second × seconds a transaction holds its connection
    (Little's law, L = λW; the counters of the last stats_period), of the whole database; None without counters.
    """

    database: str
    user: str
    mode: str
    size: int
    clients_active: int
    clients_waiting: int
    servers_active: int
    servers_idle: int
    longest_wait_s: float
    needed: float | None


class Result(BaseModel):
    """The server's side, and PgBouncer's when its console is known. Sessions are counted without ours; what each is doing
    is None for a role that may not see it.

    `active_now`: the most sessions at work in any of the samples. `busy_sessions`: how many were at work on average
    since `statistics_age_s` ago (active time of all sessions over that time; PostgreSQL 14 and later; None when the
    counters have no known beginning). `suggested_pool`: that average, or the measured peak where it is more, with as much
    headroom again; None when neither says anything. The bound above which more connections only queue is cores × 2 +
    disks that seek (PostgreSQL wiki, Number Of Database Connections); a server does not tell how many cores it has.
    """

    max_connections: int
    slots: int
    sessions: int
    active_now: int | None
    idle: int | None
    idle_in_transaction: int | None
    busy_sessions: float | None
    statistics_age_s: float | None
    suggested_pool: int | None
    pooler: str = ""
    pooler_needs: str = ""
    config: dict[str, str] = Field(default_factory=dict)
    pools: list[Pool] = Field(default_factory=list)
    clients_waiting: int = 0
    longest_wait_s: float = 0.0
    pool_total: int = 0
    findings: list[Finding]
    rule: str = "cores × 2 + disks that seek (PostgreSQL wiki, Number Of Database Connections)"
    needs: str


async def run(args: Args, bench: Bench) -> Result:
    """Sessions at work, idle and waiting, PgBouncer's pools where its console is known, and what size they need."""
    counts = []
    async with bench.live() as session:
        facts = await session.row(query(__package__, "pooling")) or {}
        for number in range(args.samples):
            if number:
                await asyncio.sleep(args.gap_s)
            counts.append(await session.row(query(__package__, "session_states")) or {})
    last = counts[-1]
    active = max(one["active"] for one in counts) if facts["reads_stats"] else None
    busy = facts["busy_sessions"]
    worst = max(active or 0, busy or 0.0)
    pooler: dict[str, Any] = {"pooler_needs": "DBCREW_POOLER_DSN=postgresql://stats@HOST:6432/pgbouncer"}
    if bench.settings.pooler_dsn:
        pooler = await _console(bench.settings.pooler_dsn, bench.trace.statements)
    return Result(
        max_connections=facts["max_connections"],
        slots=facts["slots"],
        sessions=last["sessions"],
        active_now=active,
        idle=last["idle"] if facts["reads_stats"] else None,
        idle_in_transaction=last["idle_in_transaction"] if facts["reads_stats"] else None,
        busy_sessions=busy,
        statistics_age_s=facts["statistics_age_s"],
        suggested_pool=math.ceil(worst * _HEADROOM) if worst >= 1 else None,
        findings=_findings(pooler, facts["slots"]),
        needs="" if facts["reads_stats"] else f"GRANT pg_read_all_stats TO {quoted(facts['role'])};",
        **pooler,
    )


async def _console(dsn: str, trace: list[str]) -> dict[str, Any]:
    """What PgBouncer's console says. Raises Unreachable when it does not answer."""
    shown: dict[str, list[dict[str, Any]]] = {}
    try:
        # The console speaks the simple protocol only: no parameters, no prepared statements, no transactions.
        async with await psycopg.AsyncConnection.connect(
            dsn, autocommit=True, prepare_threshold=None, row_factory=dict_row, connect_timeout=10
        ) as console:
            for statement in ("SHOW VERSION", "SHOW CONFIG", "SHOW DATABASES", "SHOW POOLS", "SHOW STATS"):
                trace.append(statement)
                shown[statement] = await (await console.execute(statement.encode())).fetchall()
    except (psycopg.Error, OSError) as error:
        raise Unreachable(
            what="PgBouncer",
            where=place(dsn),
            detail=str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__,
            next="See that the user is in its stats_users, and that DBCREW_POOLER_DSN names the database pgbouncer.",
        ) from error
    config = {row["key"]: str(row["value"]) for row in shown["SHOW CONFIG"] if row["key"] in _CONFIG}
    sizes = {row["name"]: int(row["pool_size"]) for row in shown["SHOW DATABASES"]}
    needed = {
        row["database"]: round(int(row["avg_xact_count"]) * int(row["avg_xact_time"]) / 1_000_000, 3)
        for row in shown["SHOW STATS"]
        if int(row["avg_xact_count"])
    }
    pools = [
        Pool(
            database=row["database"],
            user=row["user"],
            mode=row["pool_mode"],
            size=sizes.get(row["database"], int(config.get("default_pool_size", "20"))),
            clients_active=int(row["cl_active"]),
            clients_waiting=int(row["cl_waiting"]),
            servers_active=int(row["sv_active"]),
            servers_idle=int(row["sv_idle"]) + int(row["sv_used"]),
            longest_wait_s=int(row["maxwait"]) + int(row["maxwait_us"]) / 1_000_000,
            needed=needed.get(row["database"]),
        )
        for row in shown["SHOW POOLS"]
        if row["database"] != "pgbouncer"
    ]
    return {
        "pooler": str(next(iter(shown["SHOW VERSION"][0].values()))),
        "config": config,
        "pools": pools,
        "clients_waiting": sum(one.clients_waiting for one in pools),
        "longest_wait_s": max((one.longest_wait_s for one in pools), default=0.0),
        "pool_total": sum(one.size for one in pools),
    }


def _findings(pooler: dict[str, Any], slots: int) -> list[Finding]:
    found = [
        Finding(
            code="pool-too-small",
            severity=Severity.HIGH,
            object=one.database,
            summary="{waiting} clients wait for one of {size} connections, the longest for {longest_wait_s}",
            facts={"waiting": one.clients_waiting, "size": one.size, "longest_wait_s": one.longest_wait_s},
            remedy=f"In pgbouncer.ini: default_pool_size = {one.size * 2}; then RELOAD; in its console. First look for "
            "transactions that hold a connection while they wait for something else.",
            wrong_if="the waiting is wanted: it keeps the server from more work than it can do at once",
        )
        for one in pooler.get("pools", ())
        if one.clients_waiting and one.longest_wait_s >= _WAITED_S and one.servers_active >= one.size
    ]
    total = pooler.get("pool_total", 0)
    if total > slots:
        found.append(
            Finding(
                code="pool-exceeds-server",
                severity=Severity.MEDIUM,
                object="default_pool_size",
                summary="the pools may open {pool_total} connections; the server has {slots} for them",
                facts={"pool_total": total, "slots": slots},
                remedy="In pgbouncer.ini: a smaller default_pool_size, or max_db_connections below max_connections; then RELOAD;",
                wrong_if="the databases are on different servers",
            )
        )
    return found


TOOL = Tool("pooling", "postgresql", Effect.READ, Args, run)
