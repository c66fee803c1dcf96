"""Loading the sample world: rows by COPY, then constraints, faults and statistics."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql

from common.errors import DbcrewError, DiskFull, EngineDied, Refused, Unreachable
from common.queries import query
from tools.worlds.faults import Fault, Stage, chosen
from tools.worlds.money import money
from tools.worlds.people import People, Rows
from tools.worlds.scopes import Scope, scope_named
from tools.worlds.traces import sizes, traces

SEED = 20260630
APP_ROLE = "wallet_app"
MARK = "dbcrew sample world "
"""How the comment on the schema begins when the schema is ours to replace."""

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, rows so far, rows in all)."""


@dataclass(frozen=True)
class Loaded:
    """What `load` made: rows a table, names of the faults planted, seconds taken, what could not be done."""

    rows: dict[str, int]
    faults: list[str]
    elapsed_s: float
    notes: list[str]


@dataclass(frozen=True)
class World:
    """The sample world that a database holds. `ready` is false when its load was interrupted."""

    scope: str
    faults: list[str]
    ready: bool


async def load(
    dsn: str,
    scope: Scope | str,
    *,
    faults: frozenset[str] | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Load the wallet platform into the schema `wallet` of the database `dsn`, in place of one loaded before.

    `faults` names what is planted: None for all, an empty set for the healthy world. Rows depend on the scope alone,
    byte for byte. Until the rows are committed the old world stays; a load that dies leaves nothing that the next
    would trip over. Needs a role that may create in the database; the role `wallet_app` is made where allowed.

    Raises InputError for an unknown scope or fault, Refused when `wallet` is somebody else's or a right is missing,
    Unreachable, EngineDied, DiskFull.
    """
    wanted = scope_named(scope) if isinstance(scope, str) else scope
    plants = chosen(faults)
    began = time.monotonic()
    where = place(dsn)
    try:
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True, application_name="dbcrew world")
    except psycopg.OperationalError as error:
        raise Unreachable(
            what="PostgreSQL", where=where, detail=error, next="Start the server or correct the DSN."
        ) from error
    try:
        async with connection:
            loader = _Loader(connection, wanted, plants, progress or (lambda what, done, total: None))
            rows, notes = await loader.run()
    except psycopg.Error as error:
        raise _explained(error, where, connection.broken) from error
    return Loaded(rows, [fault.name for fault in plants], round(time.monotonic() - began, 3), notes)


async def found(dsn: str) -> World | None:
    """The sample world in this database, None when there is none. Raises Unreachable."""
    try:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            comment = await _comment(connection)
    except psycopg.OperationalError as error:
        raise Unreachable(
            what="PostgreSQL", where=place(dsn), detail=error, next="Start the server or correct the DSN."
        ) from error
    if comment is None or not comment.startswith(MARK):
        return None
    mark = json.loads(comment.removeprefix(MARK))
    return World(mark["scope"], mark["faults"], mark["ready"])


class _Loader:
    def __init__(
        self,
        connection: psycopg.AsyncConnection[tuple[object, ...]],
        scope: Scope,
        plants: tuple[Fault, ...],
        progress: Progress,
    ) -> None:
        self.connection = connection
        self.scope = scope
        self.plants = plants
        self.progress = progress
        self.people = People(scope, SEED)
        self.rows: dict[str, int] = {}
        # About 2.1 rows of ledger and commissions a transaction; what is missing here is too little to be seen.
        self.expected_rows = round(scope.transactions * 3.1) + scope.wallets + sum(sizes(self.people).values())

    async def run(self) -> tuple[dict[str, int], list[str]]:
        await self.connection.execute("SET client_min_messages = warning")
        await self.connection.execute("SET maintenance_work_mem = '256MB'")
        notes = [] if await self._app_role() else [f"no role {APP_ROLE}: the DSN's role may not create roles"]
        async with self.connection.transaction():
            await self.connection.execute("SELECT pg_advisory_xact_lock(hashtext('dbcrew world'))")
            await self._clear()
            await self.connection.execute(query(__package__, "schema"))
            await self._mark(ready=False)
            await self._copy_all(all_rows(self.people))
            self._tell("indexes and constraints")
            await self._identities()
            await self.connection.execute(query(__package__, "constraints"))
            await self._plant(Stage.SCHEMA)
            await self.connection.execute(query(__package__, "behaviour"))
            if not notes:
                await self.connection.execute(query(__package__, "grants"))
            await self._plant(Stage.TRIGGERS)
        await self._count()
        self._tell("vacuum and analyze")
        for table in self.rows:
            await self.connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier("wallet", table)))
        await self._plant(Stage.AFTER)
        await self._plant(Stage.CONCURRENTLY)
        await self._mark(ready=True)
        return self.rows, notes

    def _tell(self, what: str) -> None:
        done = sum(self.rows.values())
        self.progress(what, done, max(done, self.expected_rows))

    async def _app_role(self) -> bool:
        """Make the application's role, and be one of its members, where allowed; false when there is none."""
        cursor = await self.connection.execute(query(__package__, "app_role"), {"role": APP_ROLE})
        row = await cursor.fetchone()
        exists, may_create, member = row or (False, False, False)
        if not exists and not may_create:
            return False
        if not exists:
            # Another load on this server may be faster.
            with contextlib.suppress(errors.DuplicateObject, errors.UniqueViolation):
                async with self.connection.transaction():
                    await self.connection.execute(query(__package__, "role"))
        if not member:
            with contextlib.suppress(errors.InsufficientPrivilege):
                await self.connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(APP_ROLE)))
        return True

    async def _clear(self) -> None:
        """Remove the world loaded before. Raises Refused when the schema is not ours."""
        cursor = await self.connection.execute("SELECT FROM pg_namespace WHERE nspname = 'wallet'")
        if await cursor.fetchone() is None:
            return
        comment = await _comment(self.connection)
        if comment is None or not comment.startswith(MARK):
            raise Refused(
                reason="The schema wallet in this database is not the sample world",
                needs="Give a DSN of another database; nothing was changed",
            )
        await self.connection.execute("DROP SCHEMA wallet CASCADE")

    async def _mark(self, *, ready: bool) -> None:
        mark = {"scope": self.scope.name, "faults": [fault.name for fault in self.plants], "ready": ready}
        await self.connection.execute(
            sql.SQL("COMMENT ON SCHEMA wallet IS {}").format(sql.Literal(MARK + json.dumps(mark)))
        )

    async def _copy_all(self, parts: Iterator[Rows]) -> None:
        """Copy part after part; the next is made in a thread while the server takes in this one."""
        ahead = asyncio.create_task(asyncio.to_thread(next, parts, None))
        try:
            while (part := await ahead) is not None:
                ahead = asyncio.create_task(asyncio.to_thread(next, parts, None))
                await self._copy(part)
        finally:
            # A thread cannot be stopped; it ends with the part it is making.
            await asyncio.wait([ahead])

    async def _copy(self, part: Rows) -> None:
        # FREEZE is free in the transaction that made the table, and leaves VACUUM nothing to rewrite.
        option = sql.SQL("") if part.table == "audit_log" else sql.SQL(" (FREEZE)")
        statement = sql.SQL("COPY {} FROM STDIN{}").format(sql.Identifier("wallet", part.table), option)
        async with self.connection.cursor().copy(statement) as copy:
            await copy.write(part.data)
        self.rows[part.table] = self.rows.get(part.table, 0) + part.count
        self._tell(part.table)

    async def _identities(self) -> None:
        for table, count in self.rows.items():
            if table != "fx_rates":
                await self.connection.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (f"wallet.{table}", count)
                )
        await self.connection.execute("SELECT setval('wallet.payout_number_seq', %s)", (self.rows["payouts"],))

    async def _plant(self, stage: Stage) -> None:
        for fault in self.plants:
            if fault.stage is not stage:
                continue
            self._tell("faults")
            statements = query(__package__, f"faults/{fault.name}")
            if stage is Stage.AFTER:
                for statement in statements.rstrip().removesuffix(";").split(";\n"):
                    await self.connection.execute(statement)
                    await self._count()
            elif stage is Stage.CONCURRENTLY:
                with contextlib.suppress(errors.UniqueViolation):
                    await self.connection.execute(statements)
            else:
                await self.connection.execute(statements)

    async def _count(self) -> None:
        """Have the server's counters know what was written.

        They learn of it some time after the commit; an ANALYZE that comes before would seem to be out of date at once.
        """
        if self.connection.info.server_version >= 150_000:
            await self.connection.execute("SELECT pg_stat_force_next_flush()")
            return
        await asyncio.sleep(0.6)
        await self.connection.execute("SELECT 1")


def all_rows(people: People) -> Iterator[Rows]:
    yield from people.tenants()
    yield from people.users()
    yield from people.affiliations()
    yield from money(people)
    yield from people.wallets()
    yield from people.fx_rates()
    yield from traces(people)


async def _comment(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> str | None:
    cursor = await connection.execute("SELECT obj_description(to_regnamespace('wallet')::oid, 'pg_namespace')")
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else str(row[0])


def place(dsn: str) -> str:
    """Host, port and database of a DSN, without its secrets."""
    try:
        parts = psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return "the given DSN"
    return f"{parts.get('host') or 'the local socket'}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"


def _explained(error: psycopg.Error, where: str, broken: bool) -> DbcrewError:
    if isinstance(error, errors.DiskFull):
        return DiskFull(where=where, doing="loading the sample world")
    if isinstance(error, errors.InsufficientPrivilege):
        return Refused(reason=str(error).strip(), needs="Load it with a role that has CREATE on the database")
    if broken or isinstance(error, psycopg.OperationalError):
        return EngineDied(what="PostgreSQL", where=where, detail=error)
    return Refused(reason=f"The sample world could not be loaded: {error}", needs="Nothing of it was kept")
