"""A copy made complete once its rows are in: sequences, materialised views, statistics."""

from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg import sql

from common.queries import query
from tools.postgres.copying.treatment import Treatment
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rows import Copied
from tools.postgres.rehearsal.scope import Scope


async def finish(
    keeper: psycopg.AsyncConnection,
    loader: psycopg.AsyncConnection,
    scope: Scope,
    copied: Sequence[Copied],
    statistics: Sequence[str],
    treatment: Treatment | None,
    missing: list[str],
    *,
    made_up: bool,
) -> None:
    """Carry over what sequences have given out, fill materialised views, gather or carry over statistics.

    What cannot be done goes into `missing`.
    """
    for sequence in scope.sequences:
        if sequence["last_value"] is not None:
            name = sql.Identifier(sequence["schema"], sequence["name"]).as_string()
            await keeper.execute(
                "SELECT setval(to_regclass(%s), %s) WHERE to_regclass(%s) IS NOT NULL",
                (name, sequence["last_value"], name),
            )
    # Where the role may not see what a sequence has given out, the largest value in its column will do.
    for owner in await (await keeper.execute(query("tools.postgres.rehearsal", "owned_sequences"))).fetchall():
        await keeper.execute(
            sql.SQL("SELECT setval({}::regclass, max({})) FROM {} HAVING max({}) > 0").format(
                sql.Literal(sql.Identifier(owner[0], owner[1]).as_string()),
                sql.Identifier(owner[4]),
                sql.Identifier(owner[2], owner[3]),
                sql.Identifier(owner[4]),
            )
        )
    for relation in scope.relations.values():
        if relation.kind == "m":
            try:
                await loader.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(relation.name.identifier))
            except psycopg.DatabaseError as error:
                missing.append(f"rows of {relation.name}: {(error.diag.message_primary or '').strip()}")
    await _analyze(keeper, scope)
    sampled = [table.name for table in copied if made_up or not table.whole]
    for statement in statistics if keeper.info.server_version >= 180_000 else ():
        if "pg_restore_attribute_stats" in statement and any(_about(statement, name) for name in sampled):
            masked = treatment.statistics(statement) if treatment else statement
            try:
                if masked is not None:
                    await keeper.execute(sql.SQL(masked))
            except psycopg.DatabaseError as error:
                missing.append(f"live statistics: {(error.diag.message_primary or '').strip()}")
    with suppress(psycopg.errors.InsufficientPrivilege):  # a scratch server's role may lack it
        await keeper.execute("CHECKPOINT")


async def _analyze(keeper: psycopg.AsyncConnection, scope: Scope) -> None:
    roots = [each for each in scope.relations.values() if each.kind in "rpm" and each.tree == each.oid]
    names = sql.SQL(", ").join(each.name.identifier for each in roots)
    # VACUUM takes no row for visible to all whose commit is not flushed yet; index-only scans would read the table then.
    await keeper.execute("SET synchronous_commit = on")
    try:
        await keeper.execute(sql.SQL("ANALYZE {}").format(names))
        await keeper.execute(sql.SQL("VACUUM {}").format(names))
    except psycopg.DatabaseError:  # one of them could not be made here
        await keeper.execute("VACUUM ANALYZE")
    await keeper.execute("RESET synchronous_commit")


def _about(statement: str, name: QualifiedName) -> bool:
    return all(sql.Literal(word).as_string() in statement for word in (name.schema, name.name))
