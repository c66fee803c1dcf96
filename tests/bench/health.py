"""How long `health` takes on thousands of tables: python tests/bench/health.py [TABLES].

Prints, for each PostgreSQL on this machine, the time of a whole run (the tool as every caller takes it) and of the slowest
checks. The target is 10 s for 5,000 tables.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psycopg
from psycopg.conninfo import make_conninfo

from common.config.settings import Settings
from common.engines import copy_cluster
from tools.postgres.connection import Postgres
from tools.postgres.health import CHECKS
from tools.postgres.health.check import Check
from tools.postgres.health.examination import examine
from tools.postgres.health.view import Patience

_TARGET_S = 10.0
_SLOWEST = 5
MAKE = """
    DO $$ BEGIN FOR n IN FIRST..LAST LOOP
        EXECUTE format('CREATE TABLE s.t%s (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b text, at timestamptz);'
                       'CREATE INDEX ON s.t%1$s (a); INSERT INTO s.t%1$s (a) VALUES (1)', n);
    END LOOP; END $$
"""


async def measure(major: int, tables: int) -> None:
    """One server with so many tables; one line of figures, then the slowest checks."""
    async with copy_cluster(major, {"max_locks_per_transaction": "1024"}) as cluster:
        async with await psycopg.AsyncConnection.connect(cluster.dsn, autocommit=True) as connection:
            await connection.execute("CREATE SCHEMA s")
            for start in range(1, tables + 1, 250):
                last = min(start + 249, tables)
                await connection.execute(MAKE.replace("FIRST", str(start)).replace("LAST", str(last)).encode())
            await connection.execute(
                "CREATE ROLE looker LOGIN PASSWORD 'x'; GRANT pg_monitor TO looker; GRANT USAGE ON SCHEMA s TO looker;"
                "GRANT SELECT ON ALL TABLES IN SCHEMA s TO looker; GRANT SELECT ON ALL SEQUENCES IN SCHEMA s TO looker"
            )
            await connection.execute("ANALYZE")
        async with await Postgres.connect(make_conninfo(cluster.dsn, user="looker", password="x"), Settings()) as live:
            whole = await _timed(live, CHECKS)
            each: list[tuple[float, str]] = []
            for check in CHECKS:
                each.append((await _timed(live, [check]), check.code))
    each.sort(reverse=True)
    sys.stdout.write(
        f"PostgreSQL {cluster.install.version}, {tables:,} tables: {whole:.2f} s ({whole / _TARGET_S:.0%} of {_TARGET_S:g} s)\n"
    )
    for seconds, code in each[:_SLOWEST]:
        sys.stdout.write(f"    {seconds:6.2f} s  {code} alone\n")


async def _timed(live: Postgres, checks: Sequence[Check]) -> float:
    began = time.monotonic()
    await examine(checks, lambda: live.session(timeout_ms=5_000), Patience(), lambda code: None)
    return time.monotonic() - began


async def main() -> None:
    """Both versions that the tests run on."""
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    for major in (18, 15):
        await measure(major, tables)


if __name__ == "__main__":
    asyncio.run(main())
