"""A backup holds whatever the owner of a table wrote: restoring it must not run that as anybody who may do harm."""

import shutil
from pathlib import Path

import pytest

from agents.commands.drill import _text
from common import directories
from common.engines.account import account
from tests.live.drills.conftest import Call, Primary

DUMPS = {
    "custom": "--format=custom",
    "directory": "--format=directory",
    "tar": "--format=tar",
    "plain": "--format=plain",
}


@pytest.fixture
def mark() -> Path:
    """Where a program that ran leaves its trace: a folder that the servers' account may write to."""
    folder = directories.build_data() / "hostile"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    account().own(folder)
    path = folder / "ran"
    path.unlink(missing_ok=True)
    return path


@pytest.mark.parametrize("kind", DUMPS)
async def test_a_check_that_runs_programs(kind: str, primary: Primary, call: Call, mark: Path) -> None:
    """The table's owner needs no right of a superuser for this on the live server."""
    primary.run(
        f"""
        CREATE SCHEMA m;
        CREATE FUNCTION m.f(text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $f$
        BEGIN
            EXECUTE 'copy (select 1) to program ''touch {mark}''';
            RETURN true;
        EXCEPTION WHEN others THEN RETURN true;
        END $f$;
        CREATE TABLE m.t (a text, CONSTRAINT c CHECK (m.f(a)) NOT VALID);
        INSERT INTO m.t VALUES ('one'), ('two');
        GRANT USAGE ON SCHEMA m TO drill_reader;
        GRANT SELECT ON m.t TO drill_reader;
        """
    )
    try:
        assert mark.exists(), "the CHECK does what it is to do where a superuser inserts"
        mark.unlink()
        drill = (await call(primary, "restore_drill", backup=primary.dump(f"check-{kind}", DUMPS[kind]))).data
        assert not mark.exists()
        assert (drill["restored"], drill["failure"], drill["errors"]) == (True, "", [])
        assert next(one for one in drill["tables"] if one["table"] == "m.t")["restored_rows"] == 2
    finally:
        primary.run("DROP SCHEMA m CASCADE")


async def test_an_edited_dump(primary: Primary, call: Call, mark: Path) -> None:
    dump = primary.dump("edited.sql", DUMPS["plain"])
    text = dump.read_text()
    at = text.index("CREATE SCHEMA shop;")
    live = primary.cluster.dsn_of("shop").replace("'", "''")
    evil = f"""
CREATE TABLE public.lines (line text);
COPY public.lines FROM PROGRAM 'touch {mark}';
COPY public.lines TO '{mark}';
COPY (SELECT 1) TO PROGRAM 'touch {mark}';
SELECT lo_export(lo_create(0), '{mark}');
ALTER ROLE CURRENT_USER SUPERUSER;
GRANT pg_execute_server_program TO CURRENT_USER;
GRANT pg_write_server_files TO CURRENT_USER;
ALTER SYSTEM SET archive_command = 'touch {mark}';
CREATE EXTENSION dblink;
SELECT dblink_exec('{live}', 'CREATE TABLE shop.reached ()');
COPY (SELECT 1) TO '{mark}';
"""
    dump.write_text(text[:at] + evil + text[at:])
    drill = (await call(primary, "restore_drill", backup=dump)).data
    assert not mark.exists()
    assert primary.value("SELECT to_regclass('shop.reached')") is None
    assert drill["restored"], drill["failure"]
    assert drill["rows_restored"] == 32010
    assert any("dblink" in one["needs"] for one in drill["not_checked"])


@pytest.mark.parametrize("kind", ["custom", "plain"])
async def test_what_a_plain_role_cannot_make_is_named(kind: str, primary: Primary, call: Call) -> None:
    primary.run(
        """
        CREATE SCHEMA ext; CREATE EXTENSION pgcrypto SCHEMA ext; CREATE EXTENSION pgstattuple SCHEMA ext;
        CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw;
        CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw;
        CREATE FUNCTION shop.ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION shop.ev();
        CREATE TABLE shop.linked (a int, b dblink_pkey_results);
        INSERT INTO shop.linked VALUES (1, NULL);
        ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        ANALYZE shop.linked;
        """
    )
    try:
        drill = (await call(primary, "restore_drill", backup=primary.dump(f"made-{kind}", DUMPS[kind]))).data
        needs = [one["needs"] for one in drill["not_checked"]]
        assert [one.split(",")[0] for one in needs[:2]] == [
            "not restored: needs extension dblink",
            "not restored: needs extension postgres_fdw",
        ]
        assert any("shop.linked" in one for one in needs)
        assert drill["findings"] == []
        assert drill["restored"]
        assert drill["rows_restored"] == 32010, "row level security hides nothing, forced or not"
        assert any('event trigger "watch"' in one for one in drill["left_out"])
        shown = _text("restore_drill", {"drill": drill, "findings": [], "not_checked": [], "elapsed_s": 1.0})
        assert 'event trigger "watch"' in shown.partition("LEFT OUT")[2]
        assert not any("schema" in one for one in drill["errors"])
    finally:
        primary.run(
            "DROP TABLE shop.linked; DROP EVENT TRIGGER watch; DROP FUNCTION shop.ev; DROP SERVER away;"
            " DROP EXTENSION dblink, postgres_fdw, pgcrypto, pgstattuple; DROP SCHEMA ext;"
            " ALTER TABLE shop.customers DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
        )


@pytest.mark.parametrize("link", ["pg_wal", "pg_tblspc/16400"])
async def test_a_link_out_of_a_base_backup(link: str, primary: Primary, call: Call) -> None:
    """We may read more than whoever made the backup."""
    backup = primary.base("linked-" + link.replace("/", "-"))
    if link == "pg_wal":
        shutil.rmtree(backup / link)
    (backup / link).symlink_to("/etc")
    drill = (await call(primary, "restore_drill", backup=backup)).data
    assert not drill["restored"]
    assert "/etc" in drill["failure"]


async def test_wal_beside_a_base_backup(primary: Primary, call: Call) -> None:
    backup = primary.base("beside", f"--waldir={primary.home / 'beside-wal'}")
    assert (backup / "pg_wal").is_symlink()
    drill = (await call(primary, "restore_drill", backup=backup)).data
    assert drill["restored"], drill["failure"]
    assert drill["rows_restored"] == 32010


async def test_what_a_base_backup_would_run_by_itself(primary: Primary, call: Call, mark: Path) -> None:
    """It starts with the functions and settings of the live server, and with its superuser."""
    run = f"EXECUTE 'copy (select 1) to program ''touch {mark}'''"
    primary.run(
        f"""
        CREATE SCHEMA m;
        CREATE FUNCTION m.now() RETURNS timestamptz LANGUAGE plpgsql AS $f$
        BEGIN {run}; RETURN pg_catalog.now(); EXCEPTION WHEN others THEN RETURN pg_catalog.now(); END $f$;
        CREATE FUNCTION m.ev() RETURNS event_trigger LANGUAGE plpgsql AS $f$
        BEGIN {run}; EXCEPTION WHEN others THEN NULL; END $f$;
        CREATE EVENT TRIGGER made ON ddl_command_end EXECUTE FUNCTION m.ev();
        ALTER DATABASE shop SET search_path = m, pg_catalog;
        """
    )
    if primary.major >= 17:
        primary.run(
            "CREATE EVENT TRIGGER entered ON login EXECUTE FUNCTION m.ev(); ALTER DATABASE shop SET event_triggers = on;"
            "ALTER EVENT TRIGGER entered ENABLE ALWAYS"
        )
    try:
        backup = primary.base("runs")
        if primary.major >= 17:
            primary.run("ALTER EVENT TRIGGER entered DISABLE")
        mark.unlink(missing_ok=True)
        drill = (await call(primary, "restore_drill", backup=backup)).data
        assert not mark.exists()
        assert (drill["restored"], drill["amcheck"]) == (True, "no damage"), drill["failure"]
        assert drill["rows_restored"] == 32010
    finally:
        primary.run("ALTER DATABASE shop RESET ALL", "postgres")
        primary.run("DROP EVENT TRIGGER IF EXISTS entered; DROP EVENT TRIGGER made; DROP SCHEMA m CASCADE")
