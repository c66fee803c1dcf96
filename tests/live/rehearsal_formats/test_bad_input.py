"""What is no migration, or one that must not or cannot run: one clear line, the right exit code, nothing left behind."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import typer
from psycopg.conninfo import make_conninfo

from agents.commands.rehearse import rehearse
from common import directories
from common.engines.copies import open_copy
from tests.conftest import SETTINGS, Server
from tests.live.rehearsal.conftest import SHOP, Shop
from tools.postgres.rehearsal import rehearsal, run
from tools.postgres.rehearsal.snapshot import differences

pytestmark = pytest.mark.once

TABLE = [
    # name, the file, exit code, what it says
    ("syntax error", b"SELECT 1;\nALTER TABEL shop.colour ADD x int;", 2, "line 2: syntax error"),
    ("include", b"SELECT 1;\n\\i other.sql\n", 2, "line 2 holds the psql command \\i"),
    ("client copy", b"\\copy shop.colour from 'x.csv'\n", 2, "psql command \\copy"),
    ("variable", b"\\set name x\nALTER TABLE :name ADD x int;\n", 2, "psql command \\set"),
    ("condition", b"\\if true\nSELECT 1;\n\\endif\n", 2, "psql command \\if"),
    ("shell", b"\\! touch {here}\nSELECT 1;\n", 2, "psql command \\!"),
    ("gexec", b"SELECT 'DROP TABLE shop.colour' \\gexec\n", 2, "psql command \\gexec"),
    ("rows", b"COPY shop.colour FROM stdin;\n21\tred\n\\.\n", 2, "copies rows from the client"),
    ("empty", b"", 2, "holds no statement"),
    ("blank", b" \n\t\r\n", 2, "holds no statement"),
    ("comments", b"-- nothing\n/* at all */\n", 2, "holds no statement"),
    ("mark of order only", b"\xef\xbb\xbf", 2, "holds no statement"),
    ("latin-1", b"COMMENT ON TABLE shop.colour IS 'caf\xe9';", 2, "line 1 is not UTF-8 text (byte 0xe9)"),
    ("utf-16", "SELECT 1;".encode("utf-16"), 2, "UTF-16"),
    ("nul", b"SELECT 1;\0SELECT 2;", 2, "NUL bytes"),
    ("many statements, 5 MB", b"SELECT 1;\n" * 520_000, 2, "2,000,000 bytes. Split it: the rows"),
    ("one statement, 5 MB", b"SELECT '" + b"x" * 5_000_000 + b"';", 2, "2,000,000 bytes. Split it: the rows"),
    ("drops the database", b"SELECT 1; DROP DATABASE {database};", 1, "drops a database"),
    ("a program", b"COPY shop.colour TO PROGRAM 'touch {here}';", 1, "runs a program"),
    ("a file", b"COPY shop.colour FROM '/etc/passwd';", 1, "a file of the server"),
    ("dblink", b"SELECT dblink_connect('host=192.0.2.1');", 1, "reaches outside"),
    ("foreign server", b"CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;", 1, "connects to another server"),
    ("subscription", b"CREATE SUBSCRIPTION s CONNECTION 'host=192.0.2.1' PUBLICATION p;", 1, "connects to another server"),
    ("large object", b"SELECT lo_import('/etc/passwd');", 1, "reaches outside"),
    ("reads a file", b"CREATE TABLE shop.x AS SELECT pg_read_file('/etc/passwd');", 1, "reaches outside"),
    ("configuration", b"ALTER SYSTEM SET archive_command = 'touch {here}';", 1, "configuration"),
    ("library", b"LOAD '/tmp/x.so';", 1, "loads a library"),
    ("hidden program", b"DO $$ BEGIN EXECUTE 'COPY shop.colour TO PROGRAM ''touch {here}'''; END $$;", 1, "permission denied"),
    ("hidden dblink", b"DO $$ BEGIN EXECUTE 'CREATE EXTENSION dblink'; END $$;", 1, "permission denied to create extension"),
    ("untrusted language", b"CREATE FUNCTION shop.f() RETURNS int LANGUAGE plpython3u AS 'return 1';", 1, "plpython3u"),
    ("C function", b"CREATE FUNCTION shop.f() RETURNS int LANGUAGE c AS 'libc', 'system';", 1, "permission denied"),
    ("needs superuser", b"SET session_replication_role = replica;", 1, "permission denied to set parameter"),
    ("an extension that is not there", b"CREATE EXTENSION postgis;", 1, 'xtension "postgis" is not available'),
    ("windows", b"\xef\xbb\xbfCREATE TABLE shop.more (id int);\r\nCOMMENT ON TABLE shop.more IS 'x';\r\n", 0, "SAFE"),
]  # fmt: skip


def servers() -> set[int]:
    """The postmasters of copies of this test run."""
    home = str(directories.engines() / "copies")
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if len(words) > 2 and words[0].endswith("postgres") and any(home in word for word in words):
                found.add(int(process.name))
    return found


def copies() -> set[str]:
    home = directories.engines() / "copies"
    return {path.name for path in home.iterdir()} if home.is_dir() else set()


@pytest.fixture
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Called: no server, no folder and no file of a copy is left that was not there before."""
    running, folders = servers(), copies()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))

    def check() -> None:
        until = time.monotonic() + 20
        while (servers() - running or copies() - folders) and time.monotonic() < until:
            time.sleep(0.1)
        assert servers() <= running
        assert copies() <= folders
        assert list(temporary.iterdir()) == []

    yield check
    check()


def command(dsn: str, *words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "agents", "rehearse", "--dsn", dsn, *words], cwd=directories.ROOT,
        env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def one_line(errors: str) -> str:
    """The line that says what went wrong: the last one, and the only one of its kind."""
    assert "Traceback" not in errors
    said = [line for line in errors.splitlines() if line.startswith("error: ")]
    assert len(said) == 1, errors
    return said[0]


PROCESSES = ("syntax error", "drops the database", "hidden program", "windows")
"""Those for which the command is started; the others call its function, which is what a process would do."""


@pytest.mark.parametrize(("name", "text", "code", "says"), TABLE, ids=[each[0] for each in TABLE])
def test_bad_input_from_the_command_line(
    shop: Shop, tmp_path: Path, nothing_left: Callable[[], None], capsys: pytest.CaptureFixture[str],
    name: str, text: bytes, code: int, says: str,
) -> None:  # fmt: skip
    here = Path("/tmp") / f"dbcrew-was-here-{tmp_path.name}"
    text = text.replace(b"{here}", str(here).encode()).replace(b"{database}", shop.database.name.encode())
    file = tmp_path / "up.sql"
    file.write_bytes(text)
    if name in PROCESSES:
        process = command(shop.dsn, str(file))
        out, errors = process.communicate(timeout=300)
        ended = process.returncode
    else:
        ended = 0
        try:
            rehearse(shop.dsn, str(file), "", "", "", as_json=False, verbose=False)
        except typer.Exit as stopped:
            ended = stopped.exit_code
        out, errors = capsys.readouterr()
    assert ended == code, (out, errors)
    if says in out:
        assert "Traceback" not in errors
        assert "error: " not in errors
    else:
        assert says in one_line(errors)
    assert not here.exists()
    nothing_left()


def test_what_is_no_file(shop: Shop, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "alembic.ini").touch()
    for name, says in (
        (str(tmp_path), "is a folder. Rehearse it with --alembic"), (str(tmp_path / "none.sql"), "No such file"),
        (str(tmp_path / "pipe"), "no ordinary file"), ("/dev/zero", "no ordinary file"), ("x" * 300, "name too long"),
    ):  # fmt: skip
        process = command(shop.dsn, name)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 2, errors
        assert says in one_line(errors)


@pytest.mark.parametrize(
    "text", ["SET statement_timeout = 0; SELECT pg_sleep(1000000)", "DO $$ BEGIN LOOP END LOOP; END $$",
             "CREATE TABLE shop.x AS SELECT count(*) FROM generate_series(1, 1e15::bigint)"],
)  # fmt: skip
def test_what_never_ends_is_stopped(
    shop: Shop, tmp_path: Path, nothing_left: Callable[[], None], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], text: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(rehearsal, "STATEMENT_S", 2.0)
    (tmp_path / "up.sql").write_text(text)
    with pytest.raises(BaseException) as ended:  # noqa: PT011
        rehearse(shop.dsn, str(tmp_path / "up.sql"), "", "", "", as_json=False, verbose=False)
    assert getattr(ended.value, "exit_code", None) == 1
    assert "took longer than 2 s and was stopped" in one_line(capsys.readouterr().err)
    nothing_left()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_copy_that_runs_out_of_disk(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = Path(tempfile.mkdtemp(prefix="dbcrew-disk-"))
    disk.chmod(0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=640m,mode=0755", "tmpfs", str(disk)], check=True)
    try:
        (tmp_path / "up.sql").write_text(
            "CREATE TABLE shop.huge AS SELECT repeat(md5(i::text), 60) FROM generate_series(1, 10000000) i"
        )
        process = command(shop.dsn, str(tmp_path / "up.sql"), DBCREW_BUILD_DATA=str(disk))
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 3, (out, errors)
        assert "No space left" in one_line(errors)
        assert list((disk / "engines" / "copies").glob("*")) == []
        # Where nobody looks at the disk in time, it is the server that ends: it must write its log.
        monkeypatch.setenv("DBCREW_BUILD_DATA", str(disk))
        monkeypatch.setattr(run, "_KEEP_FREE_BYTES", 0)
        with pytest.raises(BaseException) as ended:  # noqa: PT011
            rehearse(shop.dsn, str(tmp_path / "up.sql"), "", "", "", as_json=False, verbose=False)
        assert getattr(ended.value, "exit_code", None) == 3
        assert "No space left" in one_line(capsys.readouterr().err)
        assert list((disk / "engines" / "copies").glob("*")) == []
        (tmp_path / "up.sql").write_text("ALTER TABLE shop.orders ADD COLUMN x int")
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while shutil.disk_usage(disk).free > 200_000_000:
                file.write(b"x" * 1_000_000)
        process = command(shop.dsn, str(tmp_path / "up.sql"), DBCREW_BUILD_DATA=str(disk))
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 3, (out, errors)
        assert "making a copy that needs" in one_line(errors)
        assert list((disk / "engines" / "copies").glob("*")) == []
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        disk.rmdir()


@pytest.mark.parametrize(
    ("major", "moment"),
    [(18, "starting a throwaway"), (15, "copying rows"), (18, "running the migration"), (15, "running the migration")],
)
def test_the_live_server_gone_in_the_middle(
    postgres15: Server, tmp_path: Path, nothing_left: Callable[[], None], major: int, moment: str
) -> None:
    use, cluster = open_copy(major, SETTINGS)
    try:
        with psycopg.connect(cluster.dsn, autocommit=True) as superuser:
            superuser.execute("CREATE ROLE shopkeeper; CREATE ROLE looker LOGIN PASSWORD 'look'")
            text = SHOP.replace("{owner}", "shopkeeper").replace("{looker}", "looker").replace("{rows}", "5000")
            superuser.execute(text.encode())
        dsn = make_conninfo(cluster.dsn, user="looker", password="look", passfile="/dev/null")
        (tmp_path / "up.sql").write_text("ALTER TABLE shop.orders ADD CONSTRAINT c CHECK (total < 5000)")
        process = command(dsn, str(tmp_path / "up.sql"))
        assert process.stderr is not None
        read = ""
        for line in process.stderr:
            read += line
            if moment in line:
                break
        else:
            pytest.fail(read)
        postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 3, (out, read + errors)
        line = one_line(read + errors)
        assert any(word in line for word in ("went away", "Cannot reach"))
        assert "is kept" not in line
        assert "went away" not in line or line.endswith("Run it again when it is back.")
    finally:
        use.leave()
    nothing_left()


async def test_the_live_server_is_as_it_was(shop: Shop) -> None:
    """After a hostile migration in a transaction of its own, and one that fails in the middle."""
    before = await shop.state()
    for text in (b"DROP SCHEMA shop CASCADE;", b"TRUNCATE shop.orders CASCADE; SELECT 1 / 0;"):
        process = command(shop.dsn, "-")
        process.kill()
        process.wait()
        done = subprocess.run(
            [sys.executable, "-m", "agents", "rehearse", "--dsn", shop.dsn, "-"], cwd=directories.ROOT, env=os.environ,
            input=text, capture_output=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
    assert differences(before, await shop.state()) == []
