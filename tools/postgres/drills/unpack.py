"""A base backup laid out as a data folder of our own, checked against its manifest on the way."""

import asyncio
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from common.engines.installs import Install, installs
from common.errors import DbcrewError, InputError, Missing
from tools.postgres.drills.backup import Backup, Kind, base_tar
from tools.postgres.drills.compressed import opened
from tools.postgres.drills.programs import run
from tools.postgres.drills.throwaway import own

_LEFT_OUT = {"postmaster.pid", "postmaster.opts", "standby.signal", "recovery.signal", "postgresql.auto.conf"}
_START = re.compile(r"START WAL LOCATION: (\S+) \(file ([0-9A-F]{24})\)")
_STARTED = re.compile(r"START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (UTC|GMT)")

_OF_WAL = re.compile(
    r"[0-9A-F]{24}(\.partial|\.[0-9A-F]{8}\.backup)?\Z|[0-9A-F]{8}\.history\Z|(archive_status|summaries)\Z"
)
_OF_TABLESPACE = re.compile(r"PG_\d+_\d{9}\Z")


@dataclass(frozen=True)
class Unpacked:
    """A data folder: where recovery begins, and what is known of the backup.

    `manifest` is `verified`, `absent` or what is wrong. `started_at` is known when the label says it in UTC.
    """

    install: Install
    manifest: str
    start_lsn: str
    start_segment: str
    started_at: datetime | None
    system_identifier: str
    segment_bytes: int
    settings: dict[str, str]


class Damaged(DbcrewError):
    """The backup cannot even be laid out: {detail}. Make a new one, and keep the one before it."""


def major_of(backup: Backup) -> int:
    """The major version that wrote a base backup. Raises Damaged when it does not say."""
    try:
        plain = backup.kind is Kind.BASE
        text = (backup.path / "PG_VERSION").read_text() if plain else _member(backup.path, "PG_VERSION")
        return int(text.split(".")[0])
    except (OSError, EOFError, KeyError, ValueError, tarfile.TarError) as error:
        raise Damaged(detail=f"its PG_VERSION cannot be read ({error})") from error


def install_of(major: int) -> Install:
    """Programs of exactly this major version: no other can start its files. Raises Missing when there are none."""
    same = [one for one in installs() if one.major == major and (one.bindir / "pg_verifybackup").exists()]
    if not same:
        raise Missing(
            what=f"A PostgreSQL {major}, the only one that can start this base backup,",
            next=f"Install its server package (Debian: postgresql-{major}), then try again.",
        )
    return same[0]


async def unpack(backup: Backup, place: Path, install: Install) -> Unpacked:
    """Lay the backup out in `place/data` and check it. Raises Damaged when that cannot be done.

    Raises InputError for an incremental backup, which is no data folder yet.
    """
    data = place / "data"
    try:
        await asyncio.to_thread(_lay_out, backup, place)
    except (OSError, EOFError, tarfile.TarError, shutil.Error) as error:
        raise Damaged(detail=str(error) or type(error).__name__) from error
    label = _read(data / "backup_label")
    if "INCREMENTAL FROM LSN" in label:
        raise InputError(
            detail=f"{backup.path} is an incremental backup",
            next="Name the folder that pg_combinebackup makes of the chain",
        )
    manifest = "absent"
    if (data / "backup_manifest").exists():
        checked = await run(install, "pg_verifybackup", "--no-parse-wal", "--quiet", data)
        manifest = "verified" if checked.code == 0 else checked.cause
    control = await _control(install, data)
    await asyncio.to_thread(_ready, data)
    start, began = _START.search(label), _STARTED.search(label)
    return Unpacked(
        install,
        manifest,
        start[1] if start else control.get("Latest checkpoint's REDO location", ""),
        start[2] if start else control.get("Latest checkpoint's REDO WAL file", ""),
        datetime.strptime(began[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if began else None,
        control.get("Database system identifier", ""),
        int(control.get("Bytes per WAL segment", "16777216")),
        {"max_prepared_transactions": control.get("max_prepared_xacts setting", "0")},
    )


async def _control(install: Install, data: Path) -> dict[str, str]:
    """pg_controldata's names and values. Raises Damaged when the control file is not readable."""
    command = [str(install.program("pg_controldata")), "-D", str(data)]

    def show() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=install.environment, capture_output=True, text=True, check=False)

    shown = await asyncio.to_thread(show)
    if shown.returncode != 0 or "WARNING" in shown.stderr + shown.stdout:
        said = (shown.stderr.strip() or shown.stdout.strip()).splitlines()
        raise Damaged(detail=f"its control file: {said[0] if said else 'unreadable'}")
    return {
        name.strip(): value.strip() for name, _, value in (line.partition(":") for line in shown.stdout.splitlines())
    }


def _lay_out(backup: Backup, place: Path) -> None:
    data = place / "data"
    if backup.kind is Kind.BASE:
        _copy(backup.path, data)
        _copy_wal(backup.path, data)
        _copy_tablespaces(backup.path, data, place / "tablespaces")
        return
    base = base_tar(backup.path)
    assert base is not None
    _extract(base, data)
    for wal in sorted(backup.path.glob("pg_wal.tar*"))[:1]:
        _extract(wal, data / "pg_wal")
    for each in sorted(backup.path.glob("[0-9]*.tar*")):
        number = each.name.split(".")[0]
        _extract(each, place / "tablespaces" / number)
        _link(data, number, place / "tablespaces" / number)
    manifest = backup.path / "backup_manifest"
    if manifest.is_file() and not manifest.is_symlink():
        shutil.copyfile(manifest, data / "backup_manifest")


def _copy(source: Path, target: Path) -> None:
    """Files and folders. A link leads out of the backup, and is passed over: see `_copy_wal` and `_copy_tablespaces`."""
    target.mkdir(parents=True, exist_ok=True)
    for each in os.scandir(source):
        path = Path(each.path)
        if each.is_symlink():
            continue
        if each.is_dir():
            _copy(path, target / each.name)
        elif each.is_file():
            shutil.copyfile(path, target / each.name)


def _copy_wal(source: Path, data: Path) -> None:
    """The WAL of a backup made with --waldir, which lies beside it."""
    link = source / "pg_wal"
    if link.is_symlink():
        _copy(_followed(link, _OF_WAL, "WAL"), data / "pg_wal")


def _copy_tablespaces(source: Path, data: Path, home: Path) -> None:
    for each in (source / "pg_tblspc").glob("*"):
        if each.is_symlink():
            _copy(_followed(each, _OF_TABLESPACE, "a tablespace"), home / each.name)
            _link(data, each.name, home / each.name)
        elif each.is_dir():
            _copy(each, home / each.name)
            _link(data, each.name, home / each.name)


def _followed(link: Path, inside: re.Pattern[str], what: str) -> Path:
    """The folder that a link of the backup leads to, where it is one of PostgreSQL's and its maker's own.

    We may read what the maker of the backup may not: a link of his to another's files must not bring them here. Raises
    Damaged for one that is refused.
    """
    folder = link.resolve(strict=True)
    maker = link.lstat().st_uid
    strange = next((each.name for each in folder.iterdir() if not inside.match(each.name)), None)
    if strange is not None:
        raise Damaged(detail=f"its {link.name} leads to {folder}, which holds {strange}, and is no folder of {what}")
    if maker and any(path.lstat().st_uid != maker for path in (folder, *folder.rglob("*"))):
        raise Damaged(detail=f"its {link.name} leads to {folder}, which is not its owner's")
    return folder


def _link(data: Path, number: str, target: Path) -> None:
    """A link to our own copy, where the backup's own one leads to wherever the live server keeps its files."""
    link = data / "pg_tblspc" / number
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    link.symlink_to(target)


def _extract(archive: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with opened(archive) as file, tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            # Links (pg_tblspc) lead to the live server's folders; we make our own.
            if member.isfile() or member.isdir():
                _take(tar, member, target)
        while file.read(1 << 20):  # a compressed file that was cut off shows at its end only
            pass


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write one file or make one folder. Python's own guard against names that lead elsewhere came with 3.11.4 only."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise Damaged(detail=f"it holds {member.name!r}, which leads out of the backup")
    place = target / name
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(member)
    assert content is not None
    with content, place.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)


def _ready(data: Path) -> None:
    """Take away what must not come along, and let the server's account have the rest."""
    for name in _LEFT_OUT:
        (data / name).unlink(missing_ok=True)
    (data / "postgresql.auto.conf").touch()
    # The links stand; the map would make the server put its own in their place.
    (data / "tablespace_map").unlink(missing_ok=True)
    shutil.rmtree(data / "pg_replslot", ignore_errors=True)
    for name in (
        "pg_replslot",
        "pg_wal",
        "pg_wal/archive_status",
        "pg_tblspc",
        "pg_notify",
        "pg_stat_tmp",
        "pg_dynshmem",
    ):
        (data / name).mkdir(exist_ok=True)
    for folder in (data, data.parent / "tablespaces"):
        if folder.exists():
            own(folder)


def _member(folder: Path, name: str) -> str:
    base = base_tar(folder)
    assert base is not None
    with opened(base) as file, tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            if member.name.removeprefix("./") == name and (content := tar.extractfile(member)) is not None:
                return content.read().decode()
    raise KeyError(name)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
