"""What the application asks of the sample world all day, with the values it asks with."""

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, LiteralString

import psycopg
from psycopg import errors, sql

from common.errors import EngineDied, InputError, NoData, Unreachable
from common.queries import query
from tools.worlds.load import APP_ROLE, SEED, found, place
from tools.worlds.people import People, settlement_wallets
from tools.worlds.scopes import Scope, scope_named
from tools.worlds.traces import traces

Values = Mapping[str, Any]


@dataclass(frozen=True)
class WorkloadStatement:
    """One statement of the application.

    `sql` has psycopg's named parameters; `params` are the sets of values it is run with, in turn, the most common
    first. `weight` is calls a round. `kind` says what would make a read fast (or `as-it-is`), or that it writes.
    """

    name: str
    sql: LiteralString
    params: tuple[Values, ...]
    weight: int
    kind: str

    @property
    def writes(self) -> bool:
        return self.kind == "write"


@dataclass(frozen=True)
class Played:
    """Calls and seconds of each statement, what went wrong by statement, whether it ran as the application's role."""

    calls: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    as_app_role: bool = False
    recorded: bool = False
    """True when pg_stat_statements took notes."""


def wallet_history(scope: Scope | str) -> WorkloadStatement:
    """The statement that the demo is about, with its most common values alone. Raises InputError for an unknown scope."""
    size = scope_named(scope) if isinstance(scope, str) else scope
    values = {"wallet": settlement_wallets(size) + 1, "status": "settled"}
    return WorkloadStatement("wallet-history", query(__package__, "workload/wallet-history"), (values,), 20, "top-n")


def statements(scope: Scope | str) -> list[WorkloadStatement]:
    """The workload for a world of this scope: 17 reads that cover every kind of index, and 4 writes.

    Raises InputError for an unknown scope.
    """
    size = scope_named(scope) if isinstance(scope, str) else scope
    people = People(size, SEED)
    # The ranks of Zipf's law lie scattered over the wallets, the first at the beginning.
    busiest, quiet = people.settlement_wallets + 1, people.wallet_count
    middling = people.settlement_wallets + 1 + math.isqrt(size.wallets) * 7919 % size.wallets
    users = next(people.users()).data.decode().splitlines()
    emails = [users[at].split("\t")[3] for at in (len(users) // 2, len(users) // 3)]
    sessions = next(traces(people)).data.decode().splitlines()
    tokens = [sessions[at].split("\t")[2] for at in (len(sessions) // 2, len(sessions) // 3)]
    since, month = "2026-06-24 00:00:00+00", "2026-05-31 00:00:00+00"
    wallets = [busiest + step * 17 % size.wallets for step in range(20)]
    partner = people.settlement_wallet(busiest)
    plan: list[tuple[str, str, int, tuple[Values, ...]]] = [
        (
            "wallet-history",
            "top-n",
            20,
            tuple(
                {"wallet": wallet, "status": status}
                for wallet, status in ((busiest, "settled"), (middling, "settled"), (busiest, "failed"))
            ),
        ),
        ("history-page", "top-n", 2, ({"wallet": busiest, "offset": 1000}, {"wallet": middling, "offset": 50})),
        ("user-by-email", "expression", 20, tuple({"email": email.upper()} for email in emails)),
        (
            "payments-by-metadata",
            "gin-jsonb",
            3,
            ({"document": '{"campaign": "c-217"}'}, {"document": '{"disputed": true}'}),
        ),
        ("description-search", "trigram", 3, ({"pattern": "%saffron books%"}, {"pattern": "%invoice 0471%"})),
        ("oldest-pending", "partial", 6, ({},)),
        ("wallet-turnover", "covering", 8, ({"wallet": busiest, "since": month}, {"wallet": middling, "since": month})),
        ("either-side", "or", 5, ({"wallet": busiest}, {"wallet": quiet})),
        ("last-balances", "latest-per-group", 4, ({"wallets": wallets},)),
        ("volume-of-a-day", "brin", 2, ({"since": "2026-03-09 00:00:00+00", "until": "2026-03-10 00:00:00+00"},)),
        ("kinds-of-a-day", "expression", 2, ({"day": "2026-04-14"},)),
        ("affiliate-commissions", "foreign-key", 5, ({"sponsor": 1}, {"sponsor": 12})),
        ("tagged-transactions", "gin-array", 3, ({"tag": "chargeback"},)),
        ("reference-prefix", "text-pattern", 3, ({"prefix": "9e37%"}, {"prefix": "00f%"})),
        ("wallets-with-failures", "semi-join", 1, ({"since": since},)),
        (
            "largest-of-a-country",
            "sort-order",
            2,
            ({"country": "CH", "currency": "CHF"}, {"country": "DE", "currency": "EUR"}),
        ),
        ("session-by-token", "as-it-is", 30, tuple({"token": token} for token in tokens)),
        ("new-transaction", "write", 10, ({"wallet": busiest, "counterparty": partner, "amount": Decimal("12.50")},)),
        ("give-up-pending", "write", 2, ({},)),
        ("session-seen", "write", 10, tuple({"session": number} for number in range(5, 1000, 37))),
        ("login-attempt", "write", 5, ({"user": 3},)),
    ]
    return [
        WorkloadStatement(name, query(__package__, f"workload/{name}"), params, weight, kind)
        for name, kind, weight, params in plan
    ]


async def play(dsn: str, rounds: int = 1) -> Played:
    """Run the workload of the world in this database `rounds` times, as the application's role where allowed.

    Where pg_stat_statements can be had, it is created and what it knows of this database forgotten first, so that it
    tells of the application alone. A statement that a planted fault breaks is reported and does not stop the rest.
    Raises InputError when the database holds no sample world, NoData when its load was interrupted, Unreachable,
    EngineDied.
    """
    world = await found(dsn)
    if world is None:
        raise InputError(detail="This database holds no sample world", next="Load one: ./p3 world load f2 --dsn DSN")
    if not world.ready:
        raise NoData(reason="The sample world in this database is half loaded", needs="Run ./p3 world load again")
    try:
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True, application_name="wallet")
    except psycopg.OperationalError as error:
        raise Unreachable(what="PostgreSQL", where=place(dsn), detail=error, next="Start the server.") from error
    try:
        async with connection:
            recorded = await _recording(connection)
            played = Played(as_app_role=await _as_app(connection), recorded=recorded)
            await connection.execute("SELECT set_config('wallet.tenant_id', '1', false)")
            workload = await asyncio.to_thread(statements, world.scope)
            for _ in range(rounds):
                for statement in workload:
                    await _run(connection, statement, played)
    except psycopg.OperationalError as error:
        raise EngineDied(what="PostgreSQL", where=place(dsn), detail=error) from error
    return played


async def _run(connection: psycopg.AsyncConnection[Any], statement: WorkloadStatement, played: Played) -> None:
    for call in range(statement.weight):
        began = time.perf_counter()
        try:
            cursor = await connection.execute(statement.sql, statement.params[call % len(statement.params)])
            if cursor.description is not None:
                await cursor.fetchall()
        except (errors.IntegrityError, errors.InsufficientPrivilege) as error:
            played.failed[statement.name] = str(error).strip()
            return
        taken = time.perf_counter() - began
        played.calls[statement.name] = played.calls.get(statement.name, 0) + 1
        played.seconds[statement.name] = played.seconds.get(statement.name, 0.0) + taken


async def _as_app(connection: psycopg.AsyncConnection[Any]) -> bool:
    try:
        await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(APP_ROLE)))
    except (errors.InvalidParameterValue, errors.UndefinedObject, errors.InsufficientPrivilege):
        return False
    return True


async def _recording(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Have pg_stat_statements begin afresh for this database; false where it is not loaded or not permitted."""
    cursor = await connection.execute(query(__package__, "statements_loaded"))
    row = await cursor.fetchone()
    if row is None or not row[0]:
        return False
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await connection.execute(query(__package__, "statements_reset"))
    except (errors.InsufficientPrivilege, errors.UndefinedFile, errors.UndefinedFunction):
        return False
    return True
