"""Rows of a copy whose parent did not come along."""

from collections import defaultdict

import psycopg
from psycopg import sql

from tools.postgres.rehearsal.scope import Scope


async def drop_orphans(loader: psycopg.AsyncConnection, scope: Scope) -> dict[int, int]:
    """Delete the rows whose parent was deleted while the tables were read one after the other, or is hidden from us.

    How many, by the oid of the foreign key's table.
    """
    gone: dict[int, int] = defaultdict(int)
    for _ in range(100):
        dropped = 0
        for key in scope.foreign_keys:
            child, parent = scope.relations[key.child], scope.relations[key.parent]
            match = sql.SQL(" AND ").join(
                sql.SQL("p.{} = c.{}").format(sql.Identifier(p), sql.Identifier(c))
                for c, p in zip(key.child_columns, key.parent_columns, strict=True)
            )
            filled = sql.SQL(" AND ").join(
                sql.SQL("c.{} IS NOT NULL").format(sql.Identifier(c)) for c in key.child_columns
            )
            done = await loader.execute(
                sql.SQL("DELETE FROM {} AS c WHERE {} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})").format(
                    child.name.identifier, filled, parent.name.identifier, match
                )
            )
            dropped += done.rowcount
            gone[key.child] += done.rowcount
        if not dropped:
            break
    return gone
