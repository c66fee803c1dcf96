"""The PITR drill: a base backup brought forward with archived WAL, to a moment or as far as it goes, and measured."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from pydantic import BaseModel

from common.errors import InputError, Unreachable
from common.findings import Finding, Severity
from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.drills import archive, judgement, throwaway
from tools.postgres.drills.archive import Archive, Fault
from tools.postgres.drills.backup import Backup, recognise
from tools.postgres.drills.counts import PACKAGE, TableCount, compared, counted
from tools.postgres.drills.held import Held, remember
from tools.postgres.drills.restore import Step
from tools.postgres.drills.target import recovery_target, refuse_before
from tools.postgres.drills.throwaway import Restored
from tools.postgres.drills.unpack import Damaged, Unpacked, install_of, major_of, unpack

_BAD_RECORD = re.compile(
    r"((?:incorrect|invalid|unexpected|record with|out-of-sequence|missing)[^\n]*? (?:at|in) "
    r"[^\n]*[0-9A-F]+/[0-9A-F]+[^\n]*)"
)
_NOT_REACHED = "recovery ended before configured recovery target was reached"
_TOO_EARLY = ("before end of base backup", "before consistent recovery point", "WAL ends before end of online backup")


class PitrDrill(BaseModel):
    """How far back in time the way leads, and how long it takes.

    `target` is what was asked for (empty: as far as it goes), `reached` whether recovery got there. `recovered_until` is
    the commit time of the last transaction that came back. `rto_ms`: from the first byte read to a server that takes
    writes, on this machine with fsync on. `loss_s` and `loss_bytes`: what would be lost if the live server vanished at
    `looked_at`: the time since that transaction and the WAL since then, at most; None when a target was asked for.
    `archive_lag_bytes`: WAL that the live server has written and the archive does not hold. `faults`: segments that
    recovery cannot get past, the first one first.
    """

    backup: str
    kind: str
    archive: str
    size_bytes: int
    archive_bytes: int
    segments: int
    newest_segment: str
    started_at: datetime | None
    target: str
    reached: bool
    failure: str = ""
    recovered_until: datetime | None = None
    recovered_lsn: str = ""
    replayed_bytes: int | None = None
    rto_ms: float | None = None
    steps: list[Step]
    manifest: str = ""
    looked_at: datetime
    live_lsn: str
    archive_lag_bytes: int | None = None
    archive_timeout_s: float | None = None
    loss_s: float | None = None
    loss_bytes: int | None = None
    live_version: str
    server_version: str
    tables_restored: int = 0
    rows_restored: int = 0
    tables: list[TableCount]
    faults: list[Fault]
    findings: list[Finding]


@dataclass
class _Run:
    backup: Backup
    facts: Mapping[str, Any]
    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    failure: str = ""
    reached: bool = False
    until: datetime | None = None
    lsn: str = ""
    counts: dict[str, TableCount] = field(default_factory=dict)
    rto_ms: float | None = None

    def took(self, step: str, began: float) -> None:
        self.steps.append(Step(step=step, ms=round((time.monotonic() - began) * 1000, 1)))


async def pitr_drill(
    live: Postgres, path: str, wal: str, target: str, progress: Callable[[str], None], trace: list[str]
) -> PitrDrill:
    """Recover the base backup at `path` with the WAL in the folder `wal` to `target`: a time, an LSN, or empty for the end.

    An archive that does not lead there is an answer, not an error. Raises InputError for what is no base backup, archive
    or target, Refused when it does not fit, Missing without programs of its version, and what Postgres.session raises.
    """
    backup = recognise(Path(path))
    if not backup.kind.physical:
        raise InputError(
            detail=f"{backup.path} is a dump ({backup.kind}): archived WAL cannot bring it forward",
            next="Name a base backup (pg_basebackup)",
        )
    aimed = recovery_target(target)
    async with live.session(trace) as session:
        facts = await session.row(query(PACKAGE, "live")) or {}
    drill = _Run(backup, facts)
    install = install_of(major_of(backup))
    async with throwaway.folder() as place:
        began = time.monotonic()
        throwaway.room_for(max(backup.size_bytes, int(facts["database_bytes"] or 0)))
        progress(f"laying out {backup.path.name}")
        unpacked = await unpack(backup, place, install)
        drill.took("lay out the files", began)
        refuse_before(aimed, unpacked)
        known = archive.read(Path(wal), unpacked.start_segment, unpacked.segment_bytes)
        throwaway.room_for(len(known.segments) * known.segment_bytes)
        began = time.monotonic()
        staged = place / "wal"
        drill.faults = await asyncio.to_thread(archive.stage, known, staged)
        drill.took("fetch the WAL", began)
        await asyncio.to_thread(throwaway.own, staged)
        drill.faults = _merged(
            drill.faults,
            archive.faults(
                known, staged, place / "data" / "pg_wal", unpacked.start_segment, unpacked.system_identifier
            ),
        )
        for one in drill.faults:  # the server would give up at a wrong size, where a person takes the file away
            (staged / one.segment).unlink(missing_ok=True)
        progress(f"replaying {len(known.segments)} segments")
        trace.append(f"pg_ctl start, recovery target {target or 'the end of the archive'}")
        try:
            await _recover(drill, place, unpacked, aimed, live.database)
        except Damaged as error:
            drill.failure = str(error.facts["detail"])
        log = (place / "server.log").read_text(errors="replace") if (place / "server.log").exists() else ""
    _name_the_break(drill, known, unpacked, log, bool(aimed))
    progress("comparing rows with the live server")
    tables = await compared(drill.counts, live, trace) if drill.counts else []
    report = _report(drill, known, unpacked, target, tables, live)
    if report.reached and not any(one.severity.rank <= Severity.HIGH.rank for one in report.findings):
        held = Held(at=datetime.now(UTC), backup=report.backup, rows=report.rows_restored)
        await asyncio.to_thread(remember, str(facts["system_identifier"]), live.database, held)
    return report


async def _recover(drill: _Run, place: Path, unpacked: Unpacked, aimed: dict[str, str], database: str) -> None:
    """Recovery to the target; where that cannot be reached, as far as it goes."""
    (place / "data" / "recovery.signal").touch()
    throwaway.own(place / "data")
    settings = {
        **unpacked.settings,
        "restore_command": f'cp "{place}/wal/%f" "%p"',
        "recovery_target_timeline": "latest",
        "recovery_target_action": "promote",
    }
    user = str(drill.facts["superuser"])
    began = time.monotonic()
    try:
        server = await throwaway.start(place, unpacked.install, user, {**settings, **aimed})
        drill.reached = True
    except Unreachable as error:
        said = (place / "server.log").read_text(errors="replace")
        if aimed and any(mark in said for mark in _TOO_EARLY[:2]) and _NOT_REACHED not in said:
            raise InputError(
                detail="The target lies before the end of the base backup", next="Name a later one, or an older backup"
            ) from error
        if not aimed or _NOT_REACHED not in said:
            raise Damaged(detail=str(error.facts["detail"])) from error
        server = await _again(place, unpacked, user, settings)
    drill.took("replay the WAL", began)
    drill.rto_ms = round(sum(step.ms for step in drill.steps), 1)
    began = time.monotonic()
    await _look(drill, server, database)
    drill.took("count every row", began)


async def _again(place: Path, unpacked: Unpacked, user: str, settings: dict[str, str]) -> Restored:
    try:
        return await throwaway.start(place, unpacked.install, user, settings)
    except Unreachable as error:
        raise Damaged(detail=str(error.facts["detail"])) from error


async def _look(drill: _Run, server: Restored, database: str) -> None:
    dsn = server.dsn_of(database)
    try:
        await server.ready_reader(database)
        async with await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row) as connection:
            row = await (await connection.execute(query(PACKAGE, "recovered"))).fetchone()
        drill.counts = await counted(dsn)
    except psycopg.Error as error:
        raise Damaged(detail=f"its database {database} does not open: {str(error).splitlines()[0]}") from error
    drill.until, drill.lsn = (row["until"], row["lsn"]) if row else (None, "")


def _merged(first: list[Fault], second: list[Fault]) -> list[Fault]:
    named = {one.segment: one for one in (*second, *first)}
    return [named[segment] for segment in sorted(named)]


def _name_the_break(drill: _Run, known: Archive, unpacked: Unpacked, log: str, aimed: bool) -> None:
    """A segment whose headers are fine and whose records are not: recovery stops in it, and its log says why."""
    if not drill.lsn:
        return
    size = unpacked.segment_bytes
    stopped = _bytes(drill.lsn) // size
    newest = archive.place(known.newest, size) if known.newest else stopped
    first = archive.place(drill.faults[0].segment, size) if drill.faults else None
    if (drill.reached and aimed) or stopped >= newest or (first is not None and first <= stopped + 1):
        return
    reasons = _BAD_RECORD.findall(log)
    reason = f"holds a record that is damaged: {reasons[-1]}" if reasons else "recovery stops in it"
    timeline = int(known.newest[:8], 16)
    drill.faults.insert(0, Fault(segment=archive.name(timeline, stopped, size), reason=reason))


def _bytes(lsn: str) -> int:
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) | int(low, 16)


def _reached(lsn: str, segment_bytes: int) -> int:
    """A position of the live server's write-ahead log, without the header that a page or segment begins with.

    Replay stops before that header, insertion goes on behind it (PostgreSQL's access/xlog_internal.h: 40 and 24 bytes).
    """
    place = _bytes(lsn)
    for length, header in ((segment_bytes, 40), (8192, 24)):
        if place % length <= header:
            return place - place % length
    return place


def _report(
    drill: _Run, known: Archive, unpacked: Unpacked, target: str, tables: list[TableCount], live: Postgres
) -> PitrDrill:
    facts, size = drill.facts, unpacked.segment_bytes
    same = facts["system_identifier"] == unpacked.system_identifier
    now, lsn = facts["now"], str(facts["lsn"])
    lag = _reached(lsn, size) - (archive.place(known.newest, size) + 1) * size if known.newest else None
    loss_bytes = max(0, _reached(lsn, size) - _bytes(drill.lsn)) if drill.lsn and same and not target else None
    loss_s = (0.0 if not loss_bytes else judgement.age_s(drill.until, now)) if loss_bytes is not None else None
    findings = judgement.broken(drill.faults, drill.until)
    if drill.failure:
        findings.insert(0, judgement.unrestorable(drill.backup, drill.failure))
    if unpacked.manifest not in ("absent", "verified"):
        findings.append(judgement.mismatched(drill.backup, unpacked.manifest))
    if not same:
        findings.append(judgement.another_cluster(drill.backup))
    if not drill.faults:
        findings += judgement.behind(loss_s, loss_bytes, facts["archive_timeout_s"])
    findings += judgement.judged_tables([one for one in tables if one.problem], drill.backup)
    if drill.rto_ms is not None:
        findings += judgement.slow(drill.rto_ms, drill.backup)
    start = _bytes(unpacked.start_lsn) if unpacked.start_lsn else None
    came = [one for one in tables if one.restored_rows is not None]
    return PitrDrill(
        backup=str(drill.backup.path),
        kind=drill.backup.kind.value,
        archive=str(known.path),
        size_bytes=drill.backup.size_bytes,
        archive_bytes=known.size_bytes,
        segments=len(known.segments),
        newest_segment=known.newest,
        started_at=unpacked.started_at,
        target=target,
        reached=drill.reached,
        failure=drill.failure,
        recovered_until=drill.until,
        recovered_lsn=drill.lsn,
        replayed_bytes=_bytes(drill.lsn) - start if drill.lsn and start is not None else None,
        rto_ms=drill.rto_ms,
        steps=drill.steps,
        manifest=unpacked.manifest,
        looked_at=now,
        live_lsn=lsn,
        archive_lag_bytes=max(0, lag) if lag is not None and same else None,
        archive_timeout_s=facts["archive_timeout_s"],
        loss_s=loss_s,
        loss_bytes=loss_bytes,
        live_version=live.server_version,
        server_version=unpacked.install.version,
        tables_restored=len(came),
        rows_restored=sum(one.restored_rows or 0 for one in came),
        tables=tables,
        faults=drill.faults,
        findings=findings,
    )
