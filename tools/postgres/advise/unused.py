"""Indexes of the tables in question that nothing uses, by the health check's rule and query."""

from collections.abc import Collection, Iterable

from psycopg import sql

from common.queries import query
from tools.postgres.advise.tidy import Drop
from tools.postgres.connection import Session
from tools.postgres.health.unused_index import ENOUGH_S, MANY_SCANS, SOME_SCANS
from tools.postgres.plans.schema import Table

_HEALTH = "tools.postgres.health"


async def unused(session: Session, tables: Iterable[Table], used: Collection[str]) -> list[Drop]:
    """Indexes of 1 MB or more that were never scanned although their table was read often for long enough.

    Not those of constraints, unique ones, those that a foreign key needs, and those in `used` (names of indexes that a
    plan of the workload reads). None while the counters say too little: on a standby, or where standbys serve reads.
    Raises what the session raises.
    """
    server = await session.row(query(_HEALTH, "server")) or {}
    if server.get("in_recovery") or server.get("standbys"):
        return []
    age = float(server.get("stats_age_s") or 0.0)
    told = SOME_SCANS if age >= ENOUGH_S else MANY_SCANS
    own = sql.SQL(query(__package__ or "", "own")).format(oids=sql.Literal([each.oid for each in tables]))
    rows = await session.rows(f"WITH own AS (\n{own.as_string()}\n)\n{query(_HEALTH, 'unused_index')}")
    return [
        Drop(
            row["remedy"].rstrip(";"),
            f"never used while {row['table']} was read {row['table_scans']:,} times in {age / 86_400:,.1f} days; "
            "wrong if a rare job uses it",
        )
        for row in rows
        if row["table_scans"] >= told and row["object"].rsplit(".", 1)[-1] not in used
    ]
