"""What was rehearsed as SQL files and as an Alembic revision, run by psql and by Alembic itself on a live database."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from alembic.config import main

from tests.commands import Said, said_by
from tests.conftest import Database
from tests.live.rehearsal.conftest import Shop
from tools.postgres.rehearsal.revision import Place, write_revision
from tools.postgres.rehearsal.script import read_script
from tools.postgres.rehearsal.snapshot import Snapshot, differences, snapshot

ENV = """
import os
from alembic import context
from sqlalchemy import create_engine
if context.is_offline_mode():
    context.configure(url="postgresql://", literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(os.environ["SHOP"]).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
PENDING = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "a1", None
def upgrade():
    op.create_index("notes_entry", "notes", ["entry"], schema="shop")
    op.alter_column("accounts", "balance", nullable=False, schema="shop")
def downgrade():
    op.alter_column("accounts", "balance", nullable=True, schema="shop")
    op.drop_index("notes_entry", schema="shop")
"""
MIGRATIONS = [
    "CREATE INDEX accounts_kind ON shop.accounts (kind)",
    "ALTER TABLE shop.accounts ALTER COLUMN id TYPE bigint, ALTER COLUMN balance SET NOT NULL",
    "ALTER TABLE shop.accounts ADD COLUMN half int; UPDATE shop.accounts SET half = balance / 2;"
    ' COMMENT ON COLUMN shop.accounts.half IS \'a :name, 100 %, a \\ and """\'',
    "ALTER TABLE shop.notes RENAME TO remarks; ALTER TABLE shop.loose ADD CHECK (entry <> ':x')",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = .\n")
    (tmp_path / "env.py").write_text(ENV)
    return tmp_path


def rehearse(*words: str) -> Said:
    return said_by("rehearse", *words, DBCREW_COPY_ROWS="6000")


def alembic(folder: Path, database: Database, *words: str) -> None:
    address = database.dsn.replace("postgresql://", "postgresql+psycopg://")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SHOP", address)
        main([*words])


async def state(database: Database) -> Snapshot:
    async with await psycopg.AsyncConnection.connect(database.dsn, autocommit=True) as superuser:
        found = await snapshot(superuser)
    books = ("alembic_version",)
    return Snapshot(
        {name: fact for name, fact in found.catalogue.items() if not any(each in name for each in books)},
        {name: rows for name, rows in found.data.items() if name.name not in books},
    )


def left(one: Snapshot, other: Snapshot) -> list[str]:
    return [
        line
        for line in differences(one, other)
        if not any(each in line for each in ("position was", "owned by was", "owner was"))
    ]


@pytest.mark.once
@pytest.mark.parametrize("up", MIGRATIONS, ids=[each[:50] for each in MIGRATIONS])
async def test_alembic_runs_the_safer_steps_up_and_down(shop: Shop, folder: Path, tmp_path: Path, up: str) -> None:
    file = tmp_path / "up.sql"
    file.write_text(up)
    said = (await asyncio.to_thread(rehearse, str(file), "--dsn", shop.dsn, "--json", "--write", str(folder))).json
    assert said["rewrite"]["rehearsed"], said["not_rewritten"]
    (path,) = said["written"]
    assert Path(path).parent == folder / "versions"
    before = await state(shop.database)
    plain, database = (shop.database.server.new_database(shop.database.name) for _ in range(2))
    try:
        for statement in read_script(up):
            plain.execute(statement.sql)
        alembic(folder, database, "upgrade", "head")
        assert left(await state(plain), await state(database)) == []
        if said["rewrite"]["down"]:
            alembic(folder, database, "downgrade", "base")
            assert left(before, await state(database)) == []
    finally:
        plain.drop()
        database.drop()
    if "half" not in up:
        assert said["rewrite"]["down"]


@pytest.mark.once
async def test_what_is_pending_is_replaced_by_its_safer_steps(shop: Shop, folder: Path, tmp_path: Path) -> None:
    (folder / "versions" / "a1.py").write_text(PENDING)
    there = tmp_path / "safer"
    words = ("--alembic", str(folder), "--dsn", shop.dsn, "--json", "--write", str(there))
    said = (await asyncio.to_thread(rehearse, *words)).json
    assert said["read_as"] == "an Alembic folder, base to a1"
    (path,) = (Path(each) for each in said["written"])
    text = path.read_text()
    assert "revision = 'a1'" in text
    assert "alembic_version" not in text
    assert "CONCURRENTLY" in text
    before = await state(shop.database)
    plain, database = (shop.database.server.new_database(shop.database.name) for _ in range(2))
    try:
        alembic(folder, plain, "upgrade", "head")
        (folder / "versions" / "a1.py").unlink()
        path.rename(folder / "versions" / path.name)
        alembic(folder, database, "upgrade", "head")
        assert left(await state(plain), await state(database)) == []
        alembic(folder, database, "downgrade", "base")
        assert left(before, await state(database)) == []
    finally:
        plain.drop()
        database.drop()


@pytest.mark.once
def test_sql_files_and_what_is_not_written(shop: Shop, tmp_path: Path) -> None:
    file, there = tmp_path / "x.sql", tmp_path / "out"
    file.write_text("CREATE INDEX accounts_kind ON shop.accounts (kind)")
    done = rehearse(str(file), "--dsn", shop.dsn, "--write", str(there))
    assert f"Written: {there / 'up.sql'}" in done.out
    assert "CREATE INDEX CONCURRENTLY" in (there / "up.sql").read_text()
    assert "DROP INDEX CONCURRENTLY" in (there / "down.sql").read_text()
    again = rehearse(str(file), "--dsn", shop.dsn, "--write", str(there))
    assert (again.code, "File exists" in again.err) == (2, True)
    file.write_text("ALTER TABLE shop.orders ALTER COLUMN note SET NOT NULL")
    unsafe = rehearse(str(file), "--dsn", shop.dsn, "--write", str(tmp_path / "none"))
    assert (unsafe.code, "no safer form to write" in unsafe.err) == (1, True)
    assert "nothing was written" in unsafe.err
    assert unsafe.out.startswith("UNSAFE")
    printed = rehearse(str(file), "--dsn", shop.dsn, "--json", "--write", str(tmp_path / "none"))
    assert (printed.code, printed.json["verdict"]) == (1, "unsafe")
    assert printed.json["written"] == []
    assert not (tmp_path / "none").exists()


@pytest.mark.once
def test_a_revision_without_a_way_back_says_so(tmp_path: Path) -> None:
    path = write_revision(Place("b2", "a1", tmp_path), 'an odd """name\\', "DROP TABLE x", "")
    text = path.read_text()
    compile(text, str(path), "exec")
    assert "NotImplementedError" in text
