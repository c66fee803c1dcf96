"""An Alembic folder: what is pending on the live server, and its own way back, rehearsed by the command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from common import directories
from common.config.settings import Settings
from common.errors import InputError, Refused
from tests.live.rehearsal.conftest import Shop
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal import verdict
from tools.postgres.rehearsal.alembic import pending

pytestmark = pytest.mark.once
ENV = """
from alembic import context
context.configure(url="postgresql://", literal_binds=True, dialect_opts={"paramstyle": "named"})
with context.begin_transaction():
    context.run_migrations()
"""
REVISION = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = {revision!r}, {below!r}
def upgrade():
    op.{up}
def downgrade():
    op.{down}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = .\n")
    (tmp_path / "env.py").write_text(ENV)
    write(tmp_path, "a1", None, 'add_column("colour", sa.Column("hex", sa.Text()), schema="shop")',
          'drop_column("colour", "hex", schema="shop")')  # fmt: skip
    return tmp_path


def write(folder: Path, revision: str, below: str | None, up: str, down: str) -> None:
    text = REVISION.format(revision=revision, below=below, up=up, down=down)
    (folder / "versions" / f"{revision}.py").write_text(text)


def rehearse(shop: Shop, folder: Path) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-m", "agents", "rehearse", "--dsn", shop.dsn, "--alembic", str(folder), "--json"]
    done = subprocess.run(
        command, cwd=directories.ROOT, capture_output=True, text=True, check=False, timeout=300, env=os.environ
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_what_is_pending_is_rehearsed_with_its_own_way_back(shop: Shop, folder: Path) -> None:
    code, report = rehearse(shop, folder)
    assert report["verdict"] == "safe", report["findings"]
    assert code == 0
    down = report["down"]
    assert isinstance(down, dict)
    assert down["source"] == "given"
    assert down["restores"] is True
    assert "DROP COLUMN hex" in down["sql"]


async def test_only_what_is_newer_than_the_live_server(
    shop: Shop, live: Postgres, settings: Settings, folder: Path
) -> None:
    shop.database.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    shop.database.execute("INSERT INTO alembic_version VALUES ('a1')")
    try:
        with pytest.raises(Refused, match="alembic_version"):
            await pending(live, folder, [])
        shop.database.execute(f"GRANT SELECT ON alembic_version TO {shop.looker}")
        with pytest.raises(InputError, match="newer than a1"):
            await pending(live, folder, [])
        # A way back that does not lead back: exit code 1, and the findings name their evidence.
        write(folder, "b2", "a1", 'drop_column("users", "boss", schema="shop")',
              'add_column("users", sa.Column("boss", sa.BigInteger()), schema="shop")')  # fmt: skip
        found = await pending(live, folder, [])
        assert "hex" not in found.up + found.down
        code, report = rehearse(shop, folder)
        assert code == 1
        assert report["verdict"] == "unsafe"
        findings = report["findings"]
        assert isinstance(findings, list)
        assert "down-does-not-restore" in [each["code"] for each in findings]
        assert all(each["evidence"] == ["E1"] for each in findings)
    finally:
        shop.database.execute("DROP TABLE alembic_version")


async def test_a_list_that_a_downgrade_to_base_left_empty_is_not_made_again(
    shop: Shop, live: Postgres, settings: Settings, folder: Path
) -> None:
    write(folder, "a1", None, 'create_table("alembic_version_notes", sa.Column("id", sa.Integer()), schema="shop")',
          'drop_table("alembic_version_notes", schema="shop")')  # fmt: skip
    assert "CREATE TABLE alembic_version (" in (await pending(live, folder, [])).up
    shop.database.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    shop.database.execute(f"ALTER TABLE alembic_version OWNER TO owner_{shop.database.name}")
    shop.database.execute(f"GRANT SELECT ON alembic_version TO {shop.looker}")
    try:
        found = await pending(live, folder, [])
        assert found.current == "base"
        assert "CREATE TABLE alembic_version (" not in found.up
        assert "CREATE TABLE shop.alembic_version_notes (" in found.up
        assert "DROP TABLE alembic_version;" not in found.down
        report = await verdict.rehearse(live, found.up, down=found.down, settings=settings)
    finally:
        shop.database.execute("DROP TABLE alembic_version")
    assert [each.error for each in report.steps if each.error] == []
    assert report.down.restores is True, report.down
    assert report.verdict == "safe", report.findings


async def test_a_folder_that_alembic_cannot_run(live: Postgres, folder: Path) -> None:
    with pytest.raises(InputError, match=r"no alembic\.ini"):
        await pending(live, folder / "versions", [])
    (folder / "env.py").write_text("import nothere")
    with pytest.raises(InputError, match="No module named 'nothere'"):
        await pending(live, folder, [])
