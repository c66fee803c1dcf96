"""What a drill's figures mean: findings, by the targets of the role that answers for recovery."""

from collections.abc import Sequence
from datetime import UTC, datetime

from common.figures import Value
from common.findings import Finding, Severity
from tools.postgres.drills.archive import Fault
from tools.postgres.drills.backup import Backup
from tools.postgres.drills.counts import TableCount

RTO_S = 3_600.0
"""Systems that are not for trading are to be back within an hour; trading systems within 15 minutes."""
RPO_S = 300.0
"""What a trading system may lose at most; others agree on a figure of their own."""
OLD_S = 86_400.0 * 7
_SHOWN = 20
_FEW = 1_000


def judged_tables(tables: Sequence[TableCount], backup: Backup) -> list[Finding]:
    """Tables of the live server that did not come back, came back unreadable, empty or with less than half of the rows."""
    back = [one for one in tables if one.restored_rows is not None]
    wanted = [one for one in back if one.live_rows]
    found: list[Finding] = []
    if wanted and not any(one.restored_rows or one.problem for one in tables):
        found.append(_without_rows(backup, wanted))
        tables = [one for one in tables if one.restored_rows is None]
    for one in tables:
        live = one.live_rows or 0
        facts: dict[str, Value] = {"table": one.table, "restored_rows": one.restored_rows, "live_rows": one.live_rows}
        if one.problem:
            found.append(
                _finding(
                    "backup-not-restorable",
                    Severity.CRITICAL,
                    one.table,
                    "{table} came back but cannot be read to its end",
                    facts,
                    remedy="Take a new backup now, and look at the live table: SET statement_timeout = 0; "
                    "then run pg_amcheck on it.",
                    wrong_if="the disk of this machine, not the backup, is damaged",
                )
            )
        elif one.restored_rows is None and live > 0:
            found.append(
                _finding(
                    "backup-incomplete",
                    Severity.HIGH,
                    one.table,
                    "{table} is not in the backup; the live server has {live_rows} rows of it",
                    facts,
                    remedy="Take a backup of the whole database: pg_dump --format=custom without --table, --schema or --exclude.",
                    wrong_if="the table was made after the backup, or is left out on purpose",
                )
            )
        elif one.restored_rows is not None and live > 0 and _lacks(one.restored_rows, live):
            found.append(
                _finding(
                    "backup-incomplete",
                    Severity.HIGH if not one.restored_rows else Severity.MEDIUM,
                    one.table,
                    "{table} came back with {restored_rows} rows; the live server has {live_rows}",
                    facts,
                    remedy="Take a new backup, and see that its user may read every row (row level security hides rows).",
                    wrong_if="so many rows came since the backup was taken",
                )
            )
    found.sort(key=lambda one: (one.severity.rank, one.object))
    return found[:_SHOWN]


def _without_rows(backup: Backup, tables: Sequence[TableCount]) -> Finding:
    return _finding(
        "backup-incomplete",
        Severity.HIGH,
        backup.path.name,
        "this backup holds no rows: {table_count} tables came back empty that have {live_rows} rows on the live server",
        {"table_count": len(tables), "live_rows": sum(one.live_rows or 0 for one in tables)},
        remedy="Take a backup with the rows: pg_dump --format=custom without --schema-only.",
        wrong_if="it is meant to keep the schema alone, and the rows are in another one",
    )


def judged_backup(backup: Backup, now: datetime) -> list[Finding]:
    """A backup that is older than a week."""
    age = (now - backup.written_at).total_seconds()
    if age <= OLD_S:
        return []
    return [
        _finding(
            "no-recent-base-backup" if backup.kind.physical else "backup-too-old",
            Severity.MEDIUM,
            backup.path.name,
            "the backup was last written to {age_s} ago",
            {"age_s": age},
            remedy="Take one every day, by a timer, and keep the log of it.",
            wrong_if="it is kept for the record, and newer ones lie elsewhere",
        )
    ]


def unrestorable(backup: Backup, failure: str) -> Finding:
    """The backup did not come back."""
    return _finding(
        "backup-not-restorable",
        Severity.CRITICAL,
        backup.path.name,
        "the restore failed: {failure}",
        {"failure": failure},
        remedy="Take a new backup now and restore it here; keep the one before this one until it is proven.",
        wrong_if="the file was still being written or copied while the drill ran",
    )


def mismatched(backup: Backup, manifest: str) -> Finding:
    """Files of a base backup are not those that its manifest lists."""
    return _finding(
        "backup-not-restorable",
        Severity.CRITICAL,
        backup.path.name,
        "pg_verifybackup: {manifest}",
        {"manifest": manifest},
        remedy="Take a new base backup: pg_basebackup --checkpoint=fast --wal-method=stream",
        wrong_if="files were changed on purpose after the backup was taken",
    )


def slow(rto_ms: float, backup: Backup) -> list[Finding]:
    """The restore took longer than an hour."""
    if rto_ms <= RTO_S * 1000:
        return []
    return [
        _finding(
            "rto-above-target",
            Severity.MEDIUM,
            backup.path.name,
            "the restore took {rto_ms}; the target is {target_s}",
            {"rto_ms": rto_ms, "target_s": RTO_S},
            remedy="Keep a standby that can take over, or base backups with archived WAL in place of dumps.",
            wrong_if="the machine that would be restored to is faster than this one",
        )
    ]


def broken(faults: Sequence[Fault], until: datetime | None) -> list[Finding]:
    """Segments that recovery cannot get past: the first one ends it, whatever comes after."""
    found = []
    for number, fault in enumerate(faults[:_SHOWN]):
        reached = until.isoformat(timespec="seconds") if until else "the end of the base backup"
        summary = (
            "segment {segment}: {reason}; recovery is possible up to {reached}"
            if not number
            else "segment {segment}: {reason}"
        )
        facts: dict[str, Value] = {"segment": fault.segment, "reason": fault.reason, "reached": reached}
        found.append(
            _finding(
                "archive-broken",
                Severity.CRITICAL,
                fault.segment,
                summary,
                facts,
                remedy="Take a new base backup now, which starts behind the gap: pg_basebackup --checkpoint=fast",
                wrong_if="the segment lies in another archive, or is still on its way to this one",
            )
        )
    return found


def behind(loss_s: float | None, loss_bytes: float | None, timeout_s: float | None) -> list[Finding]:
    """More than five minutes of changes would be lost."""
    if not loss_s or loss_s <= RPO_S or not loss_bytes:
        return []
    return [
        _finding(
            "rpo-above-target",
            Severity.MEDIUM,
            "archive_timeout",
            "up to {loss_s} of changes ({loss_bytes} of WAL) would be lost; the target of a trading system is {target_s}",
            {"loss_s": loss_s, "loss_bytes": loss_bytes, "target_s": RPO_S, "archive_timeout_s": timeout_s},
            remedy="ALTER SYSTEM SET archive_timeout = '60s'; -- then SELECT pg_reload_conf(); or stream WAL with pg_receivewal",
            wrong_if="nothing was written since, so that nothing would be lost",
        )
    ]


def another_cluster(backup: Backup) -> Finding:
    """The backup was taken from another server than the live one."""
    return _finding(
        "backup-of-another-cluster",
        Severity.HIGH,
        backup.path.name,
        "the backup was taken from another cluster than this server: it cannot bring this one back",
        {},
        remedy="Take a base backup of this server: pg_basebackup --checkpoint=fast --wal-method=stream",
        wrong_if="this server was restored from a dump since, so that the backup is of the one before",
    )


def age_s(moment: datetime | None, now: datetime) -> float | None:
    """Seconds from then to now."""
    return max(0.0, (now.astimezone(UTC) - moment.astimezone(UTC)).total_seconds()) if moment else None


def _lacks(restored: int, live: int) -> bool:
    return (not restored) or (restored < live / 2 and live - restored > _FEW)


def _finding(
    code: str, severity: Severity, about: str, summary: str, facts: dict[str, Value], *, remedy: str, wrong_if: str
) -> Finding:
    return Finding(
        code=code, severity=severity, object=about, summary=summary, facts=facts, remedy=remedy, wrong_if=wrong_if
    )
