"""A throwaway PostgreSQL that holds what a change is about."""

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from common import directories
from common.config.settings import Settings
from common.engines import copy_cluster
from common.engines.installs import install_for
from common.errors import DiskFull, Unreachable
from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.faults import translate
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.preparation import prepare
from tools.postgres.rehearsal.reader import Reader
from tools.postgres.rehearsal.rows import Copied, Focus, Rows
from tools.postgres.rehearsal.schema import Definitions, definitions_of, replay
from tools.postgres.rehearsal.scope import Relation, Scope, scope_of

_SPARE_BYTES = 300_000_000
SERVER = {
    # As a live server writes it, so that WAL volumes mean something.
    "wal_level": "replica",
    "autovacuum": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_locks_per_transaction": "256",
    "track_functions": "all",
}


@dataclass(frozen=True)
class Copy:
    """A copy that is up. Gone, with its folder, when the `copy_of` that made it ends.

    `dsn` is the throwaway's superuser, for building and measuring what we wrote ourselves; `rehearsal_dsn` is a role
    that owns the tables without being a superuser, for text that others wrote. Both hold a password that works
    nowhere else.
    """

    dsn: str = field(repr=False)
    rehearsal_dsn: str = field(repr=False)
    database: str
    server_version: str
    version: int
    """server_version_num of the copy."""
    live_version: int
    tables: tuple[Copied, ...]
    relations: tuple[Relation, ...]
    missing: tuple[str, ...]
    """What could not be carried over, each with its reason."""
    seconds: float
    """How long it took to make."""
    longest_snapshot_s: float
    """The longest time one snapshot was held on the live server."""

    @property
    def same_version(self) -> bool:
        """Whether the copy runs the live server's major version."""
        return self.version // 10_000 == self.live_version // 10_000

    @property
    def about(self) -> str:
        """One sentence for the reader of a report."""
        major, live = self.version // 10_000, self.live_version // 10_000
        version = (
            f"PostgreSQL {major}, as the live server" if self.same_version else f"PostgreSQL {major} (live: {live})"
        )
        partly = [table.name for table in self.tables if not table.whole and table.copied_rows]
        rows = "all rows" if not partly else "a sample of the rows of " + ", ".join(map(str, partly))
        return f"Rehearsed on a throwaway {version}, with {rows}."

    async def connect(self) -> psycopg.AsyncConnection[TupleRow]:
        """A connection as superuser of the copy, in autocommit. The caller closes it."""
        return await psycopg.AsyncConnection.connect(self.dsn, autocommit=True, prepare_threshold=None)

    async def connect_as_owner(self) -> psycopg.AsyncConnection[TupleRow]:
        """A connection, in autocommit, with the rights of the tables' owners, no more. The caller closes it."""
        return await psycopg.AsyncConnection.connect(self.rehearsal_dsn, autocommit=True, prepare_threshold=None)

    def table(self, name: QualifiedName) -> Copied | None:
        """What became of one table; None when it is not in the copy."""
        return next((table for table in self.tables if table.name == name), None)


@asynccontextmanager
async def copy_of(
    postgres: Postgres,
    tables: Sequence[QualifiedName],
    *,
    settings: Settings,
    progress: Callable[[str], None] = lambda line: None,
    focus: Sequence[Focus] = (),
    whole_up_to: int = 0,
    children: bool = False,
    writes: bool = True,
    trace: list[str] | None = None,
) -> AsyncIterator[Copy]:
    """A throwaway PostgreSQL with these tables and all they need: definitions, rows, statistics, rights.

    A table of at most `settings.copy_rows` rows (of `whole_up_to`, for the named tables, when that is more) is copied
    whole; of others a reproducible page sample, with every parent a foreign key asks for and all rows of `focus`. With
    `children`, tables that reference the named ones come along. Without `writes` the copy is for reading these tables:
    what only foreign keys, triggers and views upon them lead to stays away. Statements sent to the live server go into
    `trace`.

    Raises UnknownObject, Refused (the GRANT that is missing), TimedOut, DiskFull, EngineDied, Unreachable.
    """
    began = time.monotonic()
    sent = [] if trace is None else trace
    scope = await scope_of(postgres, tables, children=children, writes=writes, trace=sent)
    await asyncio.to_thread(_room, scope, max(settings.copy_rows, whole_up_to))
    missing = list(scope.missing)
    progress("starting a throwaway PostgreSQL")
    major = postgres.version // 10_000
    # Statistics that were gathered elsewhere can be put in since 18, and matter where rows are missing.
    statistics = _sampled(scope, settings, whole_up_to) and (await asyncio.to_thread(install_for, major)).major >= 18
    reading = definitions_of(postgres, scope, limit_s=settings.copy_chunk_s, statistics=statistics)
    async with _beside(reading) as read, copy_cluster(major, SERVER) as cluster:
        try:
            dsn, rehearsal_dsn, database = await prepare(cluster.dsn, scope, missing)
            async with (
                await psycopg.AsyncConnection.connect(dsn, autocommit=True) as keeper,
                await psycopg.AsyncConnection.connect(rehearsal_dsn, autocommit=True) as loader,
            ):
                version = keeper.info.server_version
                progress("reading the definitions")
                definitions = await read
                await replay(keeper, definitions.before_rows, missing)
                await keeper.execute("RESET ALL")
                progress("copying rows")
                async with Reader.open(postgres, settings.copy_chunk_s, sent) as reader:
                    rows = Rows(
                        reader, loader, keeper, scope,
                        most=settings.copy_rows, whole_up_to=whole_up_to, focus=focus, progress=progress,
                    )  # fmt: skip
                    copied = await rows.carry()
                progress("building indexes and constraints")
                await replay(keeper, definitions.after_rows, missing, orphans=not writes)
                await keeper.execute("RESET ALL")
                await _finish(keeper, loader, scope, copied, definitions.statistics, missing)
        except psycopg.Error as error:
            raise _trouble(error) from error
        yield Copy(
            dsn=dsn,
            rehearsal_dsn=rehearsal_dsn,
            database=database,
            server_version=cluster.install.version,
            version=version,
            live_version=postgres.version,
            tables=tuple(copied),
            relations=tuple(scope.relations.values()),
            missing=tuple(dict.fromkeys(missing)),
            seconds=time.monotonic() - began,
            longest_snapshot_s=reader.longest_s,
        )


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, Definitions]) -> AsyncIterator[asyncio.Task[Definitions]]:
    """Work that goes on beside the block, and ends with it."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()


def _sampled(scope: Scope, settings: Settings, whole_up_to: int) -> bool:
    """Whether rows of some table may stay behind."""
    trees: dict[int, int] = defaultdict(int)
    for relation in scope.relations.values():
        if relation.kind == "r":
            trees[relation.tree] += max(0, relation.live_rows)
            most = max(settings.copy_rows, whole_up_to if relation.core else 0)
            if relation.live_rows < 0 or trees[relation.tree] > most:
                return True
    return False


def _room(scope: Scope, most: int) -> None:
    """Raise DiskFull before anything starts when the rows would not fit twice (a rewrite needs a second copy)."""
    wanted = _SPARE_BYTES
    for relation in scope.relations.values():
        share = 1.0 if relation.live_rows <= most else most / relation.live_rows
        wanted += round(2 * relation.total_bytes * share)
    home = directories.engines()
    if shutil.disk_usage(home).free < wanted:
        raise DiskFull(where=str(home), doing=f"making a copy that needs {wanted // 1_000_000:,} MB")


def _trouble(error: psycopg.Error) -> Exception:
    if isinstance(error, psycopg.errors.DiskFull):
        return DiskFull(where=str(directories.engines()), doing="making a copy")
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return Unreachable(
            what="the throwaway PostgreSQL", where="127.0.0.1", detail=str(error).strip(), next="Run the same again."
        )
    return translate(error, "the copy", "127.0.0.1")


async def _finish(
    keeper: psycopg.AsyncConnection,
    loader: psycopg.AsyncConnection,
    scope: Scope,
    copied: Sequence[Copied],
    statistics: Sequence[str],
    missing: list[str],
) -> None:
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
    sampled = [table.name for table in copied if not table.whole]
    for statement in statistics:
        if "pg_restore_attribute_stats" in statement and any(_about(statement, name) for name in sampled):
            try:
                await keeper.execute(sql.SQL(statement))
            except psycopg.DatabaseError as error:
                missing.append(f"live statistics: {(error.diag.message_primary or '').strip()}")
    await keeper.execute("CHECKPOINT")


async def _analyze(keeper: psycopg.AsyncConnection, scope: Scope) -> None:
    roots = [each for each in scope.relations.values() if each.kind in "rpm" and each.tree == each.oid]
    names = sql.SQL(", ").join(each.name.identifier for each in roots)
    try:
        await keeper.execute(sql.SQL("VACUUM ANALYZE {}").format(names))
    except psycopg.DatabaseError:  # one of them could not be made here
        await keeper.execute("VACUUM ANALYZE")


def _about(statement: str, name: QualifiedName) -> bool:
    return all(sql.Literal(word).as_string() in statement for word in (name.schema, name.name))
