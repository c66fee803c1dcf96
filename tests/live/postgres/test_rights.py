"""What a role can do is seen, and one that is too strong is refused; the role that grant makes is neither."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from common.config.settings import Settings
from common.directories import ROOT
from common.errors import InputError, Refused, RoleTooStrong
from tools.postgres.connection import Postgres
from tools.postgres.grant import grant
from tools.postgres.rights import Rights, require_safe, rights, warnings

pytestmark = pytest.mark.each


async def of(dsn: str) -> Rights:
    async with await Postgres.connect(dsn, Settings()) as postgres, postgres.session() as session:
        return await rights(session)


@pytest.fixture
def made(any_database: Any) -> Iterator[Any]:
    """`made(role, clauses)`: a role with a password, dropped afterwards; gives its DSN."""
    names: list[str] = []

    def make(role: str, *clauses: str) -> str:
        names.append(role)
        any_database.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'word-of-{role}'")
        for clause in clauses:
            any_database.execute(clause)
        port = any_database.server.cluster.port
        return f"postgresql://{role}:word-of-{role}@127.0.0.1:{port}/{any_database.name}"

    yield make
    for name in names:
        any_database.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


async def test_a_superuser_is_refused_with_the_command_that_helps(any_database: Any) -> None:
    found = await of(any_database.dsn)
    with pytest.raises(RoleTooStrong, match="superuser") as caught:
        require_safe(found, "postgresql://postgres:secret@h/d")
    assert './p3 grant --dsn "' in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "clause",
    [
        "ALTER ROLE strong BYPASSRLS",
        "GRANT pg_read_server_files TO strong",
        "GRANT pg_write_server_files TO strong",
        "GRANT pg_execute_server_program TO strong",
        "CREATE ROLE rds_superuser; GRANT rds_superuser TO strong",
    ],
)
async def test_strong_roles_are_refused(any_database: Any, made: Any, clause: str) -> None:
    dsn = made("strong", *clause.split("; "))
    try:
        with pytest.raises(RoleTooStrong):
            require_safe(await of(dsn), dsn)
    finally:
        any_database.execute("DROP ROLE IF EXISTS rds_superuser")


async def test_what_else_a_role_can_do_is_said(any_database: Any, made: Any) -> None:
    any_database.execute("CREATE TABLE t (i int); CREATE SEQUENCE s; CREATE SCHEMA other")
    dsn = made(
        "busy",
        "ALTER ROLE busy CREATEDB CREATEROLE",
        "GRANT INSERT ON t TO busy",
        "GRANT USAGE ON SEQUENCE s TO busy",
        "GRANT CREATE ON SCHEMA other TO busy",
        "GRANT pg_signal_backend TO busy",
        "GRANT pg_read_all_data TO busy",
    )
    found = await of(dsn)
    require_safe(found, dsn)
    said = "\n".join(warnings(found))
    for part in (
        "CREATEROLE",
        "CREATEDB",
        "write 1 tables: public.t",
        "1 sequences",
        "other",
        "pg_signal",
        "password hashes",
    ):
        assert part in said
    assert found.readable == {"public": (1, 1)}


async def test_the_granted_role_reads_and_nothing_else(shop: Any) -> None:
    found = await of(shop.reader)
    require_safe(found, shop.reader)
    assert warnings(found) == []
    assert found.sees_other_sessions
    assert not found.reads_password_hashes
    assert found.readable_relations == sum(total for _, total in found.readable.values())
    with psycopg.connect(shop.reader, autocommit=True) as plain:
        for statement in ("DELETE FROM app.orders", "CREATE TABLE app.x (i int)"):
            with pytest.raises((psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege)):
                plain.execute(statement)
        plain.execute("SET default_transaction_read_only = off")
        for statement in ("DELETE FROM app.orders", "CREATE TABLE app.x (i int)", "CREATE TABLE public.x (i int)"):
            if statement.startswith("CREATE TABLE public") and shop.major < 15:
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                plain.execute(statement)
        assert plain.execute("SELECT count(*) FROM orders").fetchone() == (10_000,)


async def test_tables_made_later_can_be_read(shop: Any) -> None:
    shop.database.execute("CREATE TABLE app.later (i int)")
    try:
        with psycopg.connect(shop.reader) as plain:
            assert plain.execute("SELECT count(*) FROM app.later").fetchone() == (0,)
    finally:
        shop.database.execute("DROP TABLE app.later")


async def test_granting_again_gives_a_new_password(any_database: Any) -> None:
    any_database.execute('CREATE SCHEMA "Odd ""name"; CREATE TABLE "Odd ""name"."T t" (i int)')
    role = 'odd "role"'
    try:
        one = await grant(any_database.dsn, Settings(), role=role, apply=True)
        two = await grant(any_database.dsn, Settings(), role=role, apply=True)
        assert (await of(two.dsn)).role == role
        assert one.dsn != two.dsn
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(one.dsn)
        assert "hunter" not in two.sql
        password = two.dsn.split(":")[2].split("@")[0]
        assert password not in two.sql
    finally:
        any_database.execute('DROP OWNED BY "odd ""role"""; DROP ROLE "odd ""role"""')


async def test_public_rights_are_named(any_database: Any) -> None:
    any_database.execute("CREATE TABLE open (i int); GRANT INSERT ON open TO PUBLIC")
    granted = await grant(any_database.dsn, Settings(), role="lookout", apply=True)
    any_database.execute("DROP OWNED BY lookout; DROP ROLE lookout")
    assert any("public.open" in note for note in granted.notes)


async def test_an_administrator_who_is_no_superuser(any_database: Any, made: Any) -> None:
    dsn = made("landlord", "ALTER ROLE landlord CREATEROLE", "GRANT pg_monitor TO landlord WITH ADMIN OPTION")
    any_database.execute(
        f"ALTER DATABASE {any_database.name} OWNER TO landlord; ALTER SCHEMA public OWNER TO landlord;"
        "CREATE TABLE theirs (i int); CREATE TABLE ours (i int); ALTER TABLE ours OWNER TO landlord"
    )
    granted = await grant(dsn, Settings(), role="tenant", schemas=["public"], apply=True)
    found = await of(granted.dsn)
    any_database.execute(
        f"ALTER DATABASE {any_database.name} OWNER TO postgres; REASSIGN OWNED BY landlord TO postgres;"
        "DROP OWNED BY tenant; DROP ROLE tenant"
    )
    assert found.readable == {"public": (1, 2)}
    assert any("1 of 2" in note for note in granted.notes)
    assert any("New tables of postgres" in note for note in granted.notes)


async def test_who_may_not_make_roles_is_told(made: Any) -> None:
    with pytest.raises(Refused, match="CREATEROLE"):
        await grant(made("plain"), Settings(), role="other", apply=True)


async def test_bad_names(any_database: Any) -> None:
    with pytest.raises(InputError, match="no schema nix"):
        await grant(any_database.dsn, Settings(), schemas=["nix"])
    with pytest.raises(InputError, match="too strong"):
        await grant(any_database.dsn, Settings(), role="postgres", apply=True)


async def test_the_command_prints_what_psql_can_run(any_database: Any) -> None:
    any_database.execute("CREATE TABLE t (i int)")
    command = [sys.executable, "-m", "agents", "grant", "--dsn", any_database.dsn, "--role", "printed", "--json"]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, env=os.environ.copy(), check=True
    )
    found = json.loads(done.stdout)
    assert found["role"] == "printed"
    assert found["dsn"].startswith("postgresql://printed@")
    any_database.execute(found["sql"])
    any_database.execute(found["sql"])
    any_database.execute("DROP OWNED BY printed; DROP ROLE printed")
