"""The restore drill: a backup restored into a throwaway server, its rows counted and compared with the live ones."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from pydantic import BaseModel

from common.engines import Install, copy_cluster
from common.errors import Missing, Unreachable
from common.findings import Finding, NotChecked, Severity
from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.drills import directory, judgement, lacking, throwaway
from tools.postgres.drills.backup import Backup, Kind, cut_off, recognise
from tools.postgres.drills.counts import PACKAGE, TableCount, compared, counted
from tools.postgres.drills.held import Held, remember
from tools.postgres.drills.loading import Loader, make_loader, read_needs
from tools.postgres.drills.needs import Needs
from tools.postgres.drills.plain import restore_plain
from tools.postgres.drills.programs import Ended, run
from tools.postgres.drills.unpack import Damaged, install_of, major_of, unpack

_AMCHECK_BYTES = 1 << 30
"""A cluster above this is not walked by pg_amcheck: that reads every index and table once more."""


class Step(BaseModel):
    """One part of the way and the time it took."""

    step: str
    ms: float


class RestoreDrill(BaseModel):
    """What a restore brought back.

    `rto_ms`: from the first byte read to a server that answers, on this machine, with fsync on; without the time to get
    the backup here, to notice the loss, and to decide. `loses_s`: how much older the newest row of a restored table is
    than the newest live one, at most; None where no table has a time that says so. `errors` were reported on the way and
    did not stop the restore. `left_out` is what only a superuser may make (event triggers, extensions that reach files or
    other servers, owners): the drill restores as a plain role, and none of it speaks against the backup. `tables_equal`
    counts the tables that came back with at least as many rows as are live now.
    """

    backup: str
    kind: str
    size_bytes: int
    written_at: datetime
    age_s: float
    live_version: str
    server_version: str
    restored: bool
    failure: str = ""
    errors: list[str] = []
    error_count: int = 0
    left_out: list[str] = []
    rto_ms: float | None = None
    steps: list[Step]
    manifest: str = ""
    amcheck: str = ""
    tables_restored: int = 0
    tables_live: int = 0
    tables_equal: int = 0
    rows_restored: int = 0
    loses_s: float | None = None
    tables: list[TableCount]
    findings: list[Finding]
    not_checked: list[NotChecked]


@dataclass
class _Run:
    """What one drill gathers on its way."""

    live: Postgres
    backup: Backup
    progress: Callable[[str], None]
    trace: list[str]
    steps: list[Step] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    withheld: tuple[str, ...] = ()
    needs: Needs = field(default_factory=Needs)
    known_roles: frozenset[str] = frozenset()
    failure: str = ""
    manifest: str = ""
    amcheck: str = ""
    version: str = ""
    counts: dict[str, TableCount] = field(default_factory=dict)
    missed: list[NotChecked] = field(default_factory=list)
    rto_ms: float | None = None

    def took(self, step: str, began: float) -> None:
        self.steps.append(Step(step=step, ms=round((time.monotonic() - began) * 1000, 1)))

    def heard(self, loader: Loader, ended: Ended) -> None:
        errors, left_out = loader.sorted_out(ended.errors)
        self.errors += errors
        self.left_out += left_out

    def ready(self) -> None:
        self.rto_ms = round(sum(step.ms for step in self.steps), 1)


async def restore_drill(live: Postgres, path: str, progress: Callable[[str], None], trace: list[str]) -> RestoreDrill:
    """Restore the backup at `path` and compare it with the database that `live` is connected to.

    A backup that does not come back is an answer, not an error. Raises InputError when there is no backup, Refused when
    it does not fit on the disk, Missing without the programs, and what Postgres.session raises.
    """
    backup = recognise(Path(path))
    drill = _Run(live, backup, progress, trace)
    async with live.session(trace) as session:
        facts = await session.row(query(PACKAGE, "live")) or {}
    throwaway.room_for(max(backup.size_bytes, int(facts["database_bytes"] or 0)))
    progress(f"restoring {backup.path.name} ({backup.kind}) into a throwaway server")
    try:
        if backup.kind.physical:
            await _base(drill, facts)
        else:
            await _dump(drill, facts)
    except Damaged as error:
        drill.failure = str(error.facts["detail"])
    progress("comparing rows with the live server")
    tables = await compared(drill.counts, live, trace) if drill.rto_ms is not None else []
    report = _report(drill, tables)
    if report.restored and not any(one.severity.rank <= Severity.HIGH.rank for one in report.findings):
        held = Held(at=datetime.now(UTC), backup=report.backup, rows=report.rows_restored)
        await asyncio.to_thread(remember, str(facts["system_identifier"]), live.database, held)
    return report


async def _dump(drill: _Run, facts: dict[str, Any]) -> None:
    if drill.backup.kind is Kind.TAR and (damage := await asyncio.to_thread(cut_off, drill.backup.path)):
        raise Damaged(detail=damage)
    began = time.monotonic()
    async with copy_cluster(drill.live.version // 10_000, throwaway.LIKE_LIVE) as cluster:
        install = cluster.install
        drill.version = install.version
        drill.needs = await read_needs(drill.backup, install)
        drill.known_roles = frozenset(facts["roles"] or ())
        database = drill.live.database if drill.live.database not in ("postgres", "template1") else "restored"
        loader = await make_loader(cluster, database, tuple(drill.known_roles), drill.needs)
        drill.withheld = loader.withheld
        drill.took("start an empty server", began)
        environment = loader.environment(cluster)
        began = time.monotonic()
        if drill.backup.kind is Kind.PLAIN:
            database = await _plain(drill, install, database, loader, environment)
        else:
            drill.trace.append(f"pg_restore --no-owner --no-privileges --dbname={database} {drill.backup.path}")
            ended = await run(
                install, "pg_restore", "--no-owner", "--no-privileges", f"--dbname={database}", drill.backup.path,
                environment=environment,
            )  # fmt: skip
            drill.heard(loader, ended)
            fatal = [line for line in ended.errors if not _from_server(line)]
            failed = ended.code != 0 and bool(fatal)
            if drill.backup.kind is Kind.DIRECTORY:
                await _whole(drill, install, failed)
            if failed and not drill.failure:
                drill.failure = fatal[0].removeprefix("pg_restore: ")
        drill.took("restore", began)
        if not drill.failure:
            drill.ready()
        began = time.monotonic()
        drill.counts = await counted(loader.reader(cluster, database))
        drill.took("count every row", began)
        if drill.failure and drill.counts:
            drill.ready()


async def _whole(drill: _Run, install: Install, failed: bool) -> None:
    try:
        drill.failure = await directory.damage(install, drill.backup.path, failed=failed)
    except Missing as error:
        needs = f"{error} Without it nobody knows whether files are cut off: pg_restore does not say"
        drill.missed.append(NotChecked(code="backup-not-restorable", needs=needs))


def _from_server(line: str) -> bool:
    """Whether pg_restore only passes on what the server said of one statement."""
    return "could not execute query" in line or "ERROR:  " in line or "errors ignored on restore" in line


async def _plain(drill: _Run, install: Install, database: str, loader: Loader, environment: dict[str, str]) -> str:
    drill.trace.append(f"psql --dbname={database} < {drill.backup.path}")
    ended, seen = await restore_plain(install, drill.backup.path, database, environment)
    drill.heard(loader, ended)
    if seen.damage:
        drill.failure = f"the file cannot be read to its end: {seen.damage}"
    elif not seen.complete:
        drill.failure = "the dump is cut off: its last line, which says that it is complete, is not there"
    elif seen.backslashes and any("commands are restricted" in line for line in ended.said):
        drill.failure = "it holds commands of psql that no dump holds: they were refused"
    elif ended.code != 0:
        drill.failure = ended.cause
    return drill.live.database if seen.whole_cluster else database


async def _base(drill: _Run, facts: dict[str, Any]) -> None:
    install = install_of(major_of(drill.backup))
    drill.version = install.version
    async with throwaway.folder() as place:
        began = time.monotonic()
        unpacked = await unpack(drill.backup, place, install)
        drill.took("lay out the files", began)
        drill.manifest = unpacked.manifest
        drill.trace.append(f"pg_verifybackup {drill.backup.path}; pg_ctl start")
        began = time.monotonic()
        try:
            server = await throwaway.start(place, install, str(facts["superuser"]), unpacked.settings)
        except Unreachable as error:
            raise Damaged(detail=str(error.facts["detail"])) from error
        drill.took("start and recover", began)
        drill.ready()
        began = time.monotonic()
        try:
            await server.ready_reader(drill.live.database)
            drill.counts = await counted(server.dsn_of(drill.live.database))
        except psycopg.Error as error:
            drill.rto_ms = None
            raise Damaged(
                detail=f"its database {drill.live.database} does not open: {str(error).splitlines()[0]}"
            ) from error
        drill.took("count every row", began)
        if drill.backup.size_bytes > _AMCHECK_BYTES:
            needs = "pg_amcheck --heapallindexed on the restored database: the backup is too large to do it here"
            drill.missed.append(NotChecked(code="backup-not-restorable", needs=needs))
            return
        if await server.value(drill.live.database, query(PACKAGE, "amcheck")):
            needs = "pg_amcheck by hand: the database has functions or event triggers of its own that it would run"
            drill.missed.append(NotChecked(code="backup-not-restorable", needs=needs))
            return
        began = time.monotonic()
        reach = {
            "PGHOST": str(server.socket), "PGPORT": str(server.cluster.port), "PGUSER": server.user,
            "PGOPTIONS": server.calm,
        }  # fmt: skip
        checked = await run(install, "pg_amcheck", "--install-missing", drill.live.database, environment=reach)
        drill.amcheck = "no damage" if checked.code == 0 else checked.cause
        drill.took("pg_amcheck", began)


def _report(drill: _Run, tables: list[TableCount]) -> RestoreDrill:
    backup, now = drill.backup, datetime.now(UTC)
    findings = [judgement.unrestorable(backup, drill.failure)] if drill.failure else []
    if drill.manifest not in ("", "absent", "verified"):
        findings.append(judgement.mismatched(backup, drill.manifest))
    if drill.amcheck not in ("", "no damage"):
        findings.append(judgement.unrestorable(backup, f"pg_amcheck: {drill.amcheck}"))
    # What did not come back from a backup that failed is no news of its own.
    unmade = lacking.unmade(tables, drill.needs, drill.withheld)
    judged = [one for one in tables if (one.problem if drill.failure else one.table not in unmade)]
    findings += judgement.judged_tables(judged, backup)
    findings += judgement.judged_backup(backup, now)
    if drill.rto_ms is not None:
        findings += judgement.slow(drill.rto_ms, backup)
    behind = [one.behind_s for one in tables if one.behind_s is not None]
    came = [one for one in tables if one.restored_rows is not None]
    serious = [one for one in findings if one.severity is Severity.CRITICAL]
    return RestoreDrill(
        backup=str(backup.path),
        kind=backup.kind.value,
        size_bytes=backup.size_bytes,
        written_at=backup.written_at,
        age_s=round((now - backup.written_at).total_seconds(), 1),
        live_version=drill.live.server_version,
        server_version=drill.version,
        restored=drill.rto_ms is not None and not drill.failure,
        failure=drill.failure,
        errors=[_short(line) for line in drill.errors[:20]],
        error_count=len(drill.errors),
        left_out=[_short(line) for line in drill.left_out[:50]],
        rto_ms=drill.rto_ms if not serious else None,
        steps=drill.steps,
        manifest=drill.manifest,
        amcheck=drill.amcheck,
        tables_restored=len(came),
        tables_live=sum(one.live_rows is not None for one in tables),
        tables_equal=sum((one.restored_rows or 0) >= one.live_rows for one in came if one.live_rows is not None),
        rows_restored=sum(one.restored_rows or 0 for one in came),
        loses_s=max(behind, default=None),
        tables=tables,
        findings=findings,
        not_checked=drill.missed
        + lacking.extensions(drill.errors, drill.withheld, unmade, drill.version)
        + lacking.roles(drill.errors, drill.needs, drill.known_roles)
        + lacking.manifest(drill.manifest),
    )


def _short(line: str) -> str:
    return line if len(line) <= 300 else line[:299] + "…"
