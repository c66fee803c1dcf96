"""Makes the lists of PostgreSQL's own names again, from live servers: one DSN for each version that is to be covered.

python -m tools.postgres.guard.refresh DSN_15 DSN_18
"""

import asyncio
import sys
from pathlib import Path

import psycopg

from common.queries import query
from tools.postgres.guard.names import DENIED, HARMLESS

DATA = Path(__file__).parent / "data"


async def functions(dsn: str) -> dict[str, str]:
    """Name -> strictest volatility (1 immutable, 2 stable, 3 volatile) of what a SELECT can call on this server."""
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        rows = await (await connection.execute(query(str(__package__), "functions"))).fetchall()
    return dict(rows)


async def column(dsn: str, name: str) -> set[str]:
    """The one column of `sql/<name>.sql` on this server."""
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        rows = await (await connection.execute(query(str(__package__), name))).fetchall()
    return {row[0] for row in rows}


def allowed(found: dict[str, str]) -> set[str]:
    """Which of `functions` a read may call: not denied, and immutable, stable or known to be harmless."""
    return {
        name for name, volatility in found.items() if name not in DENIED and (volatility != "3" or name in HARMLESS)
    }


async def main(dsns: list[str]) -> None:
    """Write builtins.txt, operators.txt and fields.txt: what holds on every server given."""
    found: dict[str, str] = {}
    operators: set[str] = set()
    fields: set[str] = set()
    for dsn in dsns:
        for name, volatility in (await functions(dsn)).items():
            found[name] = max(found.get(name, "1"), volatility)
        operators |= await column(dsn, "operators")
        fields |= await column(dsn, "fields")
    _write(
        "builtins.txt", "functions.sql, less denied.toml and what is volatile and not in harmless.txt", allowed(found)
    )
    _write("operators.txt", "operators.sql", operators)
    _write("fields.txt", "fields.sql", fields)


def _write(file: str, source: str, names: set[str]) -> None:
    header = f"# Made by tools/postgres/guard/refresh.py on PostgreSQL 15 and 18 from sql/{source}. Do not edit.\n"
    (DATA / file).write_text(header + "".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
