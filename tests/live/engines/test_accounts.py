"""Engines work as root and as a plain user, below a private home, in folders with odd names, and say what is wrong."""

import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from common import directories
from common.directories import ROOT
from common.engines import copy_cluster, embedded, engine
from common.errors import DiskFull, Missing, Unreachable

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

USE = """
import asyncio, json, sys
from common.engines import engine
from common.errors import DbcrewError

async def main():
    try:
        async with engine("state") as dsn:
            print(json.dumps({"dsn": dsn}), flush=True)
            await asyncio.to_thread(sys.stdin.readline)
    except DbcrewError as error:
        print(json.dumps({"error": str(error)}))

asyncio.run(main())
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may pass through, with a copy of the code that everybody may read."""
    folder = Path(tempfile.mkdtemp(prefix="dbcrew-account-"))
    folder.chmod(0o755)
    shutil.copytree(ROOT / "common", folder / "code" / "common", ignore=shutil.ignore_patterns("__pycache__"))
    spec = importlib.util.find_spec("pg0")
    assert spec is not None
    assert spec.submodule_search_locations
    shutil.copytree(spec.submodule_search_locations[0], folder / "code" / "pg0")
    for path in (folder / "code").rglob("*"):
        path.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def seed(engines: Path) -> None:
    """Put programs there that were unpacked already, where a test is not about unpacking."""
    installed = embedded().bindir.parent
    engines.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", installed, engines], check=True)


def a_python_for_all() -> str:
    """A Python that the account nobody can run: ours may lie in a private home."""
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        command = [candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            if subprocess.run(command, user="nobody", extra_groups=[], cwd="/", check=False).returncode == 0:
                return candidate
        except OSError:
            continue
    pytest.skip("no Python 3.11 on this machine that a plain user can run")


class Plain:
    """A command of the account nobody that uses the engine `state` until it is told to end."""

    def __init__(self, place: Path, build_data: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        self.process = subprocess.Popen(
            [a_python_for_all(), "-c", USE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "PYTHONPATH": str(place / "code"), "DBCREW_BUILD_DATA": str(build_data)},
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
        )
        assert self.process.stdout is not None
        self.said = json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate("\n")
        assert self.process.returncode == 0


def test_a_plain_user_in_a_private_home_with_spaces(place):
    private = place / "a private home"
    private.mkdir(mode=0o700)
    shutil.chown(private, "nobody")
    command = Plain(place, private / "build data")
    with psycopg.connect(command.said["dsn"]) as connection:
        shown = connection.execute("SHOW data_directory").fetchone()
    assert shown is not None
    assert shown[0] == str(private / "build data" / "engines" / "state" / "data")
    command.end()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(command.said["dsn"])


def test_a_folder_closed_to_a_plain_user_is_named(place):
    closed = place / "closed"
    closed.mkdir(mode=0o755)
    command = Plain(place, closed)
    assert str(closed) in command.said["error"]
    assert "Permission denied" in command.said["error"]
    assert "DBCREW_BUILD_DATA" in command.said["error"]
    command.end()


def test_what_root_made_is_named_to_a_plain_user(place):
    root = place / "build"
    (root / "engines" / "copies").mkdir(parents=True)
    command = Plain(place, root)
    assert "Permission denied" in command.said["error"]
    command.end()


async def test_root_below_a_private_home(build_data, place, monkeypatch):
    private = place / "root's home"
    private.mkdir(mode=0o700)
    programs = embedded().bindir.parent
    monkeypatch.setenv("DBCREW_BUILD_DATA", str(private / "build_data"))
    home = directories.engines()
    subprocess.run(["cp", "-a", programs, home], check=True)
    assert Path("/var/lib/dbcrew") in home.parents
    try:
        async with engine("state") as dsn:
            with psycopg.connect(dsn) as connection:
                assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
            assert (home / "state" / "data").owner() == "nobody"
    finally:
        shutil.rmtree(home)


async def test_root_with_a_strict_umask(place, monkeypatch):
    monkeypatch.setenv("DBCREW_BUILD_DATA", str(place / "strict" / "build_data"))
    before = os.umask(0o077)
    try:
        async with engine("state") as dsn:
            psycopg.connect(dsn).close()
    finally:
        os.umask(before)


async def test_the_programs_belong_to_root(build_data):
    async with copy_cluster(18) as cluster:
        assert cluster.install.program("pg_dump").owner() == "root"


@pytest.mark.parametrize(("name", "said"), [("nosuchaccount", "nosuchaccount"), ("root", "is root")])
async def test_an_account_that_cannot_run_servers(monkeypatch, name, said):
    monkeypatch.setenv("DBCREW_ENGINE_ACCOUNT", name)
    with pytest.raises(Missing, match=said):
        async with copy_cluster(18):
            pass


@pytest.mark.parametrize(("megabytes", "seeded"), [(8, False), (60, False), (100, True), (130, True)])
async def test_a_full_disk(build_data, place, monkeypatch, megabytes, seeded):
    """8 MB do not hold the program that unpacks, 60 not what it unpacks, 100 not a cluster beside it, 130 not two."""
    full = place / "full"
    full.mkdir()
    options = f"size={megabytes}m,mode=755"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", full], check=False).returncode != 0:
        pytest.skip("this root may not mount a small disk")
    try:
        if seeded:
            seed(full / "engines")
        monkeypatch.setenv("DBCREW_BUILD_DATA", str(full))
        with pytest.raises(DiskFull, match="Free some space") as raised:
            async with engine("state"), engine("live"), copy_cluster(18):
                pass
        assert "\n" not in str(raised.value)
        assert not list(full.rglob("postmaster.pid"))
    finally:
        subprocess.run(["umount", full], check=True)


async def test_a_data_folder_of_another_version_says_so(build_data, place, monkeypatch):
    seed(place / "build" / "engines")
    monkeypatch.setenv("DBCREW_BUILD_DATA", str(place / "build"))
    async with engine("state"):
        pass
    version = directories.engines() / "state" / "data" / "PG_VERSION"
    version.write_text("12\n")
    with pytest.raises(Unreachable, match="incompatible"):
        async with engine("state"):
            pass
