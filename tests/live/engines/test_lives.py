"""Engines start once, are shared, and are gone when the last command is, however that ended."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from common.directories import ROOT
from common.engines import ENGINES, copy_cluster, down, engine, keeper, status, up
from common.errors import InputError

HOLD = """
import asyncio, sys
from common.engines import copy_cluster, engine

async def main(name):
    use = copy_cluster(18) if name == "copy" else engine(name)
    async with use as it:
        print(it.folder if name == "copy" else it, flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main(sys.argv[1]))
"""


class Command:
    """Another command that uses an engine until it is told to end."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().strip()
        assert self.said, "the command ended early"

    def end(self) -> None:
        self.process.communicate("\n")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def kill_keeper(self) -> None:
        """Kill -9 of the process that watches over this command."""
        (watching,) = children(self.process.pid)
        os.kill(watching, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """The children of a process that run the keeper."""
    shown = subprocess.run(["ps", "-eww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in shown.splitlines()]
    return [int(row[0]) for row in rows if row[1] == str(pid) and keeper.__file__ in row[2]]


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that no machine should need."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def ended(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def runs(folder: Path) -> bool:
    """Whether a server runs on the data of an engine's folder."""
    return keeper.postmaster(folder / "data") is not None


@pytest.fixture
def home(build_data: Path) -> Iterator[Path]:
    """The engines' folder of this test run; whatever a test left running is stopped."""
    folder = build_data / "engines"
    yield folder
    for name in ENGINES:
        (folder / f"{name}.stay").unlink(missing_ok=True)
        keeper.stop(folder / name / "data", throwaway=True)


@pytest.fixture
def command(home: Path) -> Iterator[Callable[[str], Command]]:
    """`command("state")`, `command("copy")`: another command that uses an engine."""
    made: list[Command] = []

    def start(name: str) -> Command:
        made.append(Command(name, dict(os.environ)))
        return made[-1]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.kill()


async def test_a_command_leaves_nothing_running(home):
    async with engine("state") as dsn:
        assert runs(home / "state")
        assert (await status("state")).state == "in use"
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("dbcrew",)
    assert not runs(home / "state")
    assert (await status("state")).state == "down"


async def test_what_was_written_is_there_the_next_time(home):
    async with engine("state") as dsn:
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n")
    async with engine("state") as dsn:
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


async def test_the_live_engine_collects_statements(home):
    async with engine("live") as dsn:
        with psycopg.connect(dsn) as connection:
            libraries = connection.execute("SHOW shared_preload_libraries").fetchone()
            durable = connection.execute("SHOW fsync").fetchone()
    assert libraries == ("pg_stat_statements,auto_explain",)
    assert durable == ("on",)


async def test_no_dsn_that_is_shown_holds_a_password_and_the_password_file_is_ours_alone(home):
    async with engine("state") as dsn:
        shown = (await status("state")).dsn
        assert psycopg.conninfo.conninfo_to_dict(shown).get("password") is None
        psycopg.connect(shown).close()
        passfile = Path(psycopg.conninfo.conninfo_to_dict(shown)["passfile"])
        assert passfile.stat().st_mode & 0o077 == 0
        assert (home / "state" / "data").stat().st_mode & 0o077 == 0
        without = psycopg.conninfo.make_conninfo(dsn, passfile="/nonexistent", password="guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(without)


async def test_what_the_environment_says_of_other_servers_does_not_get_in_the_way(home, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "of somebody's own server")
    monkeypatch.setenv("PGSSLMODE", "require")
    async with engine("state") as dsn:
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


async def test_an_engine_nobody_knows(home):
    with pytest.raises(InputError, match="There are state and live"):
        await status("nosuch")


def test_the_first_to_leave_stops_nothing(home, command):
    first, second = command("state"), command("state")
    assert first.said == second.said
    first.end()
    assert runs(home / "state")
    with psycopg.connect(second.said) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.end()
    assert not runs(home / "state")


def test_kill_9_of_the_first_does_not_disturb_the_second(home, command):
    first, second = command("state"), command("state")
    (watching,) = children(first.process.pid)
    with psycopg.connect(second.said) as connection:
        first.kill()
        assert eventually(lambda: ended(watching))
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.kill()
    assert eventually(lambda: not runs(home / "state"))


@pytest.mark.parametrize("name", ["state", "live"])
def test_kill_9_stops_the_engine(home, command, name):
    user = command(name)
    assert runs(home / name)
    user.kill()
    assert eventually(lambda: not runs(home / name))


def test_kill_9_removes_the_copy(command):
    user = command("copy")
    folder = Path(user.said)
    assert runs(folder)
    user.kill()
    assert eventually(lambda: not folder.exists() and not folder.with_suffix(".lease").exists())
    assert not runs(folder)


async def test_keepers_killed_too_the_next_start_sweeps(home, command):
    copied, shared = command("copy"), command("live")
    folder = Path(copied.said)
    for user in (copied, shared):
        user.kill_keeper()
        user.kill()
    assert runs(folder)
    assert runs(home / "live")
    async with engine("state"):
        assert not runs(folder)
        assert not folder.exists()
        assert not runs(home / "live")


def test_a_killed_keeper_does_not_keep_a_command_from_cleaning_up(command):
    user = command("copy")
    user.kill_keeper()
    user.end()
    assert not Path(user.said).exists()


async def test_up_stays_until_down(home, command):
    assert (await up("state")).state == "up"
    user = command("state")
    user.end()
    assert runs(home / "state")
    user = command("state")
    assert (await down("state")).state == "in use"
    user.end()
    assert not runs(home / "state")


async def test_down_stops_at_once_what_nobody_uses(home):
    await up("live")
    assert (await down("live")).state == "down"
    assert not runs(home / "live")


async def test_a_port_taken_meanwhile_is_given_up(home):
    async with engine("state") as dsn:
        before = psycopg.conninfo.conninfo_to_dict(dsn)["port"]
    with socket.create_server(("127.0.0.1", int(before))):
        async with engine("state") as dsn:
            assert psycopg.conninfo.conninfo_to_dict(dsn)["port"] != before
            psycopg.connect(dsn).close()


async def test_a_process_id_from_before_a_reboot_is_not_the_server(home):
    async with engine("state"):
        pass
    # What a power cut leaves behind: the file of a server that is gone, its id now another process's (ours).
    stale = home / "state" / "data" / "postmaster.pid"
    stale.write_text(f"{os.getppid()}\n{stale.parent}\n1700000000\n1\n\n127.0.0.1\n\nready\n")
    owner = stale.parent.stat()
    os.chown(stale, owner.st_uid, owner.st_gid)
    assert (await status("state")).state == "down"
    async with engine("state") as dsn:
        psycopg.connect(dsn).close()


@pytest.mark.parametrize("major", [18, 15])
async def test_a_copy_has_the_version_asked_for(postgres15, major):
    async with copy_cluster(major) as cluster:
        with psycopg.connect(cluster.dsn) as connection:
            shown = connection.execute("SELECT current_setting('server_version_num')::int / 10000").fetchone()
        assert shown == (major,) == (cluster.install.major,)
        folder = cluster.folder
    assert not folder.exists()


async def test_a_version_that_is_not_here_gets_the_embedded_one(build_data):
    async with copy_cluster(9) as cluster:
        assert cluster.install.source == "embedded"


async def test_a_copy_takes_settings(build_data):
    async with copy_cluster(18, {"work_mem": "5MB", "application_name": "it's"}) as cluster:
        with psycopg.connect(cluster.dsn) as connection:
            assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
