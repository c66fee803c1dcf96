"""Every way a server cannot be reached gets one clear line, a next step, and no password."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from common.config.settings import Settings
from common.engines.account import account
from common.errors import DbcrewError, InputError, Unreachable
from tools.postgres.connection import Postgres, place
from tools.postgres.place import without_secrets

SECRET = "hunter2-secret"


async def refusal(dsn: str) -> DbcrewError:
    with pytest.raises(DbcrewError) as caught:
        await Postgres.connect(dsn, Settings())
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture
def port(any_postgres: Any) -> int:
    found: int = any_postgres.cluster.port
    return found


async def test_wrong_password(port: int) -> None:
    error = await refusal(f"postgresql://postgres:{SECRET}@127.0.0.1:{port}/postgres")
    assert isinstance(error, Unreachable)
    assert f"127.0.0.1:{port}/postgres" in str(error)
    assert "Check user and password" in str(error)


async def test_unknown_database(any_postgres: Any) -> None:
    assert "Check the name of the database" in str(await refusal(any_postgres.dsn_of("nix")))


async def test_tls_asked_of_a_server_without(any_postgres: Any) -> None:
    error = await refusal(any_postgres.dsn + "&sslmode=require")
    assert "no TLS" in str(error)


async def test_refused_port() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error = await refusal(f"postgresql://x:{SECRET}@127.0.0.1:{free.getsockname()[1]}/d")
    assert isinstance(error, Unreachable)
    assert error.exit_code == 3
    assert "Check that the server runs" in str(error)


async def test_unknown_host() -> None:
    assert "Check the host" in str(await refusal(f"postgresql://x:{SECRET}@nowhere.invalid/d"))


async def test_a_host_that_never_answers() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        where = f"postgresql://x:{SECRET}@127.0.0.1:{deaf.getsockname()[1]}/d?connect_timeout=2"
        assert "Nothing answers there" in str(await refusal(where))


@pytest.mark.parametrize(
    "dsn",
    [
        "nonsense",
        "",
        " \n",
        f"postgresql://u:{SECRET}%zz@h/d",
        f"postgresql://u:a@{SECRET}@h/d",
        f"postgresql://u:{SECRET}/x@h/d",
        f"host=h password {SECRET}",
        f"mysql://u:{SECRET}@h/d",
        f"host=h {SECRET}=1",
    ],
)
async def test_what_is_no_connection_string(dsn: str) -> None:
    error = await refusal(dsn)
    assert isinstance(error, InputError)
    assert error.exit_code == 2


async def test_a_service_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    services = tmp_path / "services"
    services.write_text("[there]\nhost=127.0.0.1\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    for dsn in ("service=nix", "postgresql:///?service=nix"):
        error = str(await refusal(dsn))
        assert "Cannot reach PostgreSQL at service nix" in error
        assert 'definition of service "nix" not found' in error
        assert "PGSERVICEFILE" in error
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "none"))
    assert "service file" in str(await refusal("service=nix"))


def test_places() -> None:
    assert place("postgresql://u:p@h1:5433,h2/d") == "h1:5433,h2:5432/d"
    assert place("host=h1,h2 port=6000 dbname=d") == "h1:6000,h2:6000/d"
    assert place("postgresql://u@[::1]:6000/d") == "::1:6000/d"
    assert place("user=u") == "local socket:5432/u"
    assert SECRET not in without_secrets(f"postgresql://u:{SECRET}@h/d?sslpassword={SECRET}")


@pytest.fixture
def pooled(any_postgres: Any, build_data: Path) -> Iterator[tuple[str, Path]]:
    """PgBouncer in transaction mode before the server, on TCP and on a socket: its DSN, and the socket's folder."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(program).exists():
        pytest.skip("needs PgBouncer: apt-get install pgbouncer")
    with psycopg.connect(any_postgres.dsn, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS pooled")
        admin.execute("CREATE ROLE pooled LOGIN PASSWORD 'pooled-password'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = build_data / f"pooler{any_postgres.major}"
    folder.mkdir(exist_ok=True)
    account().own(folder)
    (folder / "users").write_text('"pooled" "pooled-password"\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={any_postgres.cluster.port}\n[pgbouncer]\nlisten_addr=127.0.0.1\n"
        f"listen_port={port}\nauth_type=plain\nauth_file={folder}/users\npool_mode=transaction\ndefault_pool_size=2\n"
        f"unix_socket_dir={folder}\n"
    )
    who = account()
    process = subprocess.Popen(
        [program, str(folder / "ini")], user=who.uid, group=who.gid, extra_groups=[], cwd="/", stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"postgresql://pooled:pooled-password@127.0.0.1:{port}/postgres", folder
    finally:
        process.terminate()
        process.wait()
        any_postgres.execute("DROP ROLE pooled")


async def test_behind_a_pooler_in_transaction_mode(pooled: tuple[str, Path]) -> None:
    dsn, folder = pooled
    async with await Postgres.connect(dsn, Settings()) as postgres:
        for _ in range(5):
            async with postgres.session() as session, session.prepared("SELECT $1::int") as (name, _):
                assert await session.value(f"EXECUTE {name}(7)") == 7
                await session.value("SELECT pg_advisory_lock(9)")
        async with postgres.session() as session:
            assert await session.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
            assert await session.value("SHOW transaction_read_only") == "on"
    port = dsn.rsplit(":", 1)[1].split("/")[0]
    socketed = f"postgresql://pooled:pooled-password@/postgres?host={quote(str(folder), safe='')}&port={port}"
    async with await Postgres.connect(socketed, Settings()) as postgres, postgres.session() as session:
        assert await session.value("SELECT 1") == 1
        assert postgres.where == f"{folder}:{port}/postgres"
