"""A throwaway PostgreSQL that holds what a change is about."""

import asyncio
import json
import shutil
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads

from common import directories
from common.config.settings import CopyKind, Settings
from common.engines.installs import install_for
from common.errors import DiskFull
from tools.postgres.channel import legible
from tools.postgres.connection import Postgres
from tools.postgres.copying.columns import personal_columns
from tools.postgres.copying.constraints import lift, put_back
from tools.postgres.copying.literals import Literals
from tools.postgres.copying.madeup import MadeUp
from tools.postgres.copying.treatment import Treatment, masking_cursor
from tools.postgres.faults import is_lost, translate
from tools.postgres.rehearsal.finishing import finish
from tools.postgres.rehearsal.meaning import NONE_MEANS, ground, masked_means, path_note
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.places import place_for
from tools.postgres.rehearsal.reader import Reader
from tools.postgres.rehearsal.rows import Copied, Focus, Rows
from tools.postgres.rehearsal.schema import definitions_of
from tools.postgres.rehearsal.scope import Relation, Scope, scope_of

Found = TypeVar("Found")

_SPARE_BYTES = 300_000_000


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
    borrowed: bool = False
    """On a scratch server of the user's own (`postgresql_copy_dsn`): others may be using it at the same time."""
    kind: CopyKind = "rows"
    masked: tuple[str, ...] = ()
    """The columns whose values are not the live server's, `schema.table.column`."""
    search_path: str = '"$user", public'
    """Where names without a schema are looked up, as in a new session of the role that looks."""
    path_note: str = ""
    """Whose `search_path` that is, when other roles of the live server have another."""
    literals: Literals | None = field(default=None, repr=False)
    """What masks the constants of statements that run here; None when all rows are the live server's."""

    @property
    def same_version(self) -> bool:
        """Whether the copy runs the live server's major version."""
        return self.version // 10_000 == self.live_version // 10_000

    @property
    def about(self) -> str:
        """What the copy is and what that means for the figures, for the reader of a report."""
        return f"{self.ground} {self.meaning}".rstrip()

    @property
    def ground(self) -> str:
        """What the copy is, in one sentence."""
        partly = [str(table.name) for table in self._partly]
        return ground(self.version, self.live_version, partly, made_up=self.kind == "none", borrowed=self.borrowed)

    @property
    def meaning(self) -> str:
        """What the kind of copy means for the figures; empty when the rows are the live server's own."""
        if self.kind == "none":
            return NONE_MEANS
        if not self.masked:
            return ""
        return masked_means(self.masked, sample=bool(self._partly))

    @property
    def passing(self) -> tuple[str, ...]:
        """CHECK constraints that were added here and that masked values do not meet, a line for each table."""
        does = "values that are not the live server's do not meet it, it lets everything pass on the copy"
        return tuple(f"CHECK added to {name}: {does}" for name in (self.literals.let_pass if self.literals else ()))

    @property
    def _partly(self) -> list[Copied]:
        return [table for table in self.tables if not table.whole and table.copied_rows]

    async def connect(self) -> psycopg.AsyncConnection[TupleRow]:
        """A connection as superuser of the copy, in autocommit. The caller closes it."""
        return _reading(await psycopg.AsyncConnection.connect(self.dsn, autocommit=True, prepare_threshold=None))

    async def connect_as_owner(self) -> psycopg.AsyncConnection[TupleRow]:
        """A connection, in autocommit, with the rights of the tables' owners, no more. The caller closes it.

        Constants that meet masked columns are masked in what it runs without parameters.
        """
        connection = await psycopg.AsyncConnection.connect(self.rehearsal_dsn, autocommit=True, prepare_threshold=None)
        await connection.execute("SELECT set_config('search_path', %s, false)", (self.search_path,))
        if self.literals is not None:
            connection.cursor_factory = masking_cursor(self.literals)
        return _reading(connection)

    def table(self, name: QualifiedName) -> Copied | None:
        """What became of one table; None when it is not in the copy."""
        return next((table for table in self.tables if table.name == name), None)


def _reading(connection: psycopg.AsyncConnection[TupleRow]) -> psycopg.AsyncConnection[TupleRow]:
    """The connection, which reads text and JSON in the database's encoding: psycopg takes all JSON for UTF-8."""
    named = connection.info.encoding
    set_json_loads(_json_in("utf-8" if named == "ascii" else named), connection)
    return legible(connection)


@cache
def _json_in(encoding: str) -> Callable[[str | bytes], Any]:
    return partial(_parsed, encoding)


def _parsed(encoding: str, data: str | bytes) -> Any:
    return json.loads(data if isinstance(data, str) else data.decode(encoding, "replace"))


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
    borrowed = bool(settings.postgresql_copy_dsn)
    if not borrowed:
        await asyncio.to_thread(_room, scope, max(settings.copy_rows, whole_up_to))
    missing = list(scope.missing)
    progress("using the scratch server" if borrowed else "starting a throwaway PostgreSQL")
    # Statistics that were gathered elsewhere can be put in since 18, and matter where rows are missing.
    kind = settings.postgresql_copy
    few = kind == "none" or _sampled(scope, settings, whole_up_to)
    statistics = few and (borrowed or (await asyncio.to_thread(install_for, postgres.version // 10_000)).major >= 18)
    reading = definitions_of(postgres, scope, limit_s=settings.copy_chunk_s, statistics=statistics)
    treating = _treatment(postgres, scope, kind, sent)
    async with _beside(reading) as read, _beside(treating) as treated, AsyncExitStack() as stack:
        try:
            place = await stack.enter_async_context(place_for(postgres, scope, settings, missing))
            async with (
                legible(await psycopg.AsyncConnection.connect(place.dsn, autocommit=True)) as keeper,
                legible(await psycopg.AsyncConnection.connect(place.rehearsal_dsn, autocommit=True)) as loader,
            ):
                version = keeper.info.server_version
                progress("reading the definitions")
                definitions = await read
                await place.define(keeper, loader, definitions.before_rows, missing)
                treatment = await treated
                lifted = await lift(keeper, treatment.checked(all_of_them=kind == "none")) if treatment else []
                missing += await treatment.open(keeper) if treatment else []
                progress("making up rows" if kind == "none" else "copying rows")
                if treatment is not None and kind == "none":
                    made = MadeUp(loader, scope, treatment, most=settings.copy_rows, progress=progress)
                    copied, longest_s = await made.carry(postgres, sent), 0.0
                    missing += made.notes
                else:
                    async with Reader.open(postgres, settings.copy_chunk_s, sent) as reader:
                        rows = Rows(
                            reader, loader, keeper, scope,
                            most=settings.copy_rows, whole_up_to=whole_up_to, focus=focus, progress=progress,
                            treatment=treatment,
                        )  # fmt: skip
                        copied = await rows.carry()
                        missing += rows.notes
                    longest_s = reader.longest_s
                missing += await put_back(keeper, lifted)
                progress("building indexes and constraints")
                await place.define(keeper, loader, definitions.after_rows, missing, orphans=not writes)
                await finish(
                    keeper, loader, scope, copied, definitions.statistics, treatment, missing, made_up=kind == "none"
                )
        except psycopg.OperationalError as error:
            # Of a server that is gone its place says why.
            if is_lost(error):
                raise
            raise _trouble(error) from error
        except psycopg.Error as error:
            raise _trouble(error) from error
        yield Copy(
            dsn=place.dsn,
            rehearsal_dsn=place.rehearsal_dsn,
            database=place.database,
            server_version=place.server_version,
            borrowed=borrowed,
            version=version,
            live_version=postgres.version,
            tables=tuple(copied),
            relations=tuple(scope.relations.values()),
            missing=tuple(dict.fromkeys(missing)),
            seconds=time.monotonic() - began,
            longest_snapshot_s=longest_s,
            kind=kind,
            masked=treatment.masked if treatment else (),
            search_path=scope.server["search_path"],
            path_note=path_note(scope.server["search_path"], postgres.role, scope.server["path_roles"]),
            literals=treatment.literals(made_up=kind == "none") if treatment else None,
        )


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, Found]) -> AsyncIterator[asyncio.Task[Found]]:
    """Work that goes on beside the block, and ends with it."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()


async def _treatment(postgres: Postgres, scope: Scope, kind: CopyKind, trace: list[str]) -> Treatment | None:
    if kind == "rows":
        return None
    none = kind == "none"
    return Treatment(scope, await personal_columns(postgres, scope, trace, rows=not none, statistics_of_all=none))


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
    return translate(error, "the copy", "127.0.0.1")
