"""safe, careful or unsafe: a migration judged at live size (contract.md, rehearse)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from common.config.settings import Settings
from common.errors import Missing
from common.findings import Finding, Severity
from tools.postgres.connection import Postgres
from tools.postgres.copying.scratch import require_rehearsal
from tools.postgres.rehearsal.absent import Absent, absent_of
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.causes import one_a_cause
from tools.postgres.rehearsal.copy import Copy, copy_of
from tools.postgres.rehearsal.estimate import assumptions
from tools.postgres.rehearsal.event_triggers import check, event_triggers_of
from tools.postgres.rehearsal.hazards import RULES
from tools.postgres.rehearsal.holders import holders_named
from tools.postgres.rehearsal.live import ask
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rehearsal import Trial, tables_of, try_on
from tools.postgres.rehearsal.repeated import repeated
from tools.postgres.rehearsal.report import (
    CopiedTable,
    Down,
    Estimate,
    FindingOut,
    LockOut,
    ServedOut,
    StepOut,
    Verdict,
)
from tools.postgres.rehearsal.report import Report as Report
from tools.postgres.rehearsal.rewritten import NotRewritten, Rewrite, rewritten, spare_of
from tools.postgres.rehearsal.script import Statement, names_in, read_script, refuse_hostile
from tools.postgres.rehearsal.static import lint
from tools.postgres.rehearsal.traffic import served

_TRIES = 4
"""So often a copy is made when a statement turns out to need tables that no text names."""


@dataclass(frozen=True)
class Migration:
    """A migration that was read: its text and statements, those of its down (empty: none was given), its tables."""

    up: str
    statements: tuple[Statement, ...]
    down: str
    back: tuple[Statement, ...]
    tables: tuple[QualifiedName, ...]


async def rehearse(
    postgres: Postgres,
    up: str,
    *,
    down: str | None = None,
    settings: Settings,
    progress: Callable[[str], None] = lambda line: None,
    trace: list[str] | None = None,
) -> Report:
    """Run a migration and its way back on a copy of the tables it names, and judge it at live size.

    Without `down` one is derived where that can be done. The live server is only read. Raises MalformedSql (with the
    line), InputError and TooLarge for a file that is no migration, Refused for a statement that reaches outside the
    database or a table that may not be read, Locked with the session that holds a lock, TimedOut,
    DiskFull, EngineDied, Unreachable.
    """
    sent = [] if trace is None else trace
    migration = await read_migration(postgres, up, down, sent)
    if settings.postgresql_copy_dsn:
        await require_rehearsal(settings.postgresql_copy_dsn, postgres)
    left = _TRIES
    while True:
        left -= 1
        tables = migration.tables
        try:
            async with (
                holders_named(postgres, tables, sent),
                copy_of(postgres, tables, settings=settings, progress=progress, children=True, trace=sent) as copy,
            ):
                return await rehearse_on(copy, postgres, migration, progress=progress, trace=sent, last=not left)
        except Absent as found:
            progress(f"a statement needs {found} as well: once more with a copy of it")
            migration = replace(migration, tables=tuple(sorted({*tables, *found.tables})))


async def read_migration(postgres: Postgres, up: str, down: str | None, trace: list[str]) -> Migration:
    """A migration as it is to be tried, with the tables of the live server that it names. Raises as `rehearse`."""
    statements = read_script(up, "the migration")
    refuse_hostile(statements)
    back = read_script(down, "the down migration") if down is not None else ()
    refuse_hostile(back)
    return Migration(up, statements, down or "", back, tuple(await tables_of(postgres, (*statements, *back), trace)))


async def rehearse_on(
    copy: Copy,
    postgres: Postgres,
    migration: Migration,
    *,
    progress: Callable[[str], None] = lambda line: None,
    trace: list[str],
    last: bool = True,
) -> Report:
    """The rehearsal on a copy that is up and as the live server is. What does not lead back stays on the copy.

    Where it is not the `last` try, raises Absent for tables that the live server has and the copy would need.
    """
    async with spare_of(copy) as spare:
        progress("timing the statements that the live server runs most")
        busiest, without = await served(postgres, copy, migration.tables, trace)
        trial = await try_on(
            copy,
            migration.tables,
            migration.statements,
            migration.back,
            migration.down,
            served=busiest,
            progress=progress,
        )
        absent = await absent_of(postgres, trial, trace)
        if absent and not last:
            raise Absent(absent)
        trial = await repeated(trial, spare)
        progress("asking the live rows")
        case = replace(await ask(postgres, trial, trace), absent=absent)
        every = [finding for rule in RULES for finding in rule(case)]
        findings = one_a_cause(every)
        safe = judge(findings) == "safe"
        rewrite, kept = (None, []) if safe else await rewritten(spare, case, progress)
    guards = await event_triggers_of(postgres, trace)
    findings += check(case, guards)  # no other steps would spare them
    with suppress(Missing):
        in_transaction = any(each.in_transaction for each in migration.statements)
        findings += await lint(migration.up, postgres.version // 10_000, in_transaction)
    report = _report(case, sorted(findings, key=lambda each: each.severity.rank), rewrite, kept, _lost(trial, every))
    left_off = [each.left_off for each in guards]
    return report.model_copy(update={"missing": [*report.missing, *left_off, *without]})


def judge(findings: list[Finding]) -> Verdict:
    """unsafe with anything high or worse, careful with anything medium, else safe."""
    worst = min((each.severity.rank for each in findings), default=Severity.INFO.rank)
    if worst <= Severity.HIGH.rank:
        return "unsafe"
    return "careful" if worst == Severity.MEDIUM.rank else "safe"


def _report(
    case: Case, findings: list[Finding], rewrite: Rewrite | None, kept: list[NotRewritten], lost: list[str]
) -> Report:
    trial = case.trial
    steps = [
        StepOut(
            statement=step.number,
            sql=step.sql,
            ms=step.ms,
            live_ms=round(case.live_ms(step), 3),
            wal_bytes=step.wal_bytes,
            rewritten=[str(each) for each in step.rewritten],
            built=[str(each) for each in step.built],
            scanned=[str(each) for each in step.scanned],
            error=step.error,
        )
        for step in trial.steps
    ] + [_not_run(each) for each in trial.up[len(trial.steps) :]]
    return Report(
        verdict=judge(findings),
        findings=[
            FindingOut(
                code=each.code,
                severity=each.severity,
                statement=int(each.facts.get("statement") or 0),
                object=each.object,
                why=each.text,
                remedy=each.remedy,
                finding=each,
            )
            for each in findings
        ],
        locks=[
            LockOut(
                statement=lock.statement,
                mode=lock.mode,
                object=str(lock.object),
                held_ms=lock.held_ms,
                live_ms=round(case.held_live_ms(lock), 3),
                waited_ms=lock.waited_ms,
                blocks=list(lock.blocks),
            )
            for step in trial.steps
            for lock in step.locks
        ],
        estimate=_estimate(case),
        rewrite=rewrite,
        not_rewritten=kept,
        down=Down(
            source=trial.down_source,
            sql=trial.down_sql,
            restores=trial.restores,
            lost=lost,
            reason=trial.down_reason,
            differences=list(trial.left),
        ),
        steps=steps,
        served=[
            ServedOut(
                statement=each.served.text,
                calls=each.served.calls,
                before_ms=each.served.before.ms,
                after_ms=each.after.ms if each.after else None,
                indexes_before=sorted(each.served.before.indexes),
                indexes_after=sorted(each.after.indexes) if each.after else [],
                error=each.error,
            )
            for each in trial.again
        ],
        tables=[
            CopiedTable(name=str(each.name), live_rows=each.live_rows, copied_rows=each.copied_rows, whole=each.whole)
            for each in trial.copy.tables
        ],
        copy_about=trial.copy.about
        + (f" {trial.copy.path_note}" if _short_names(trial) and trial.copy.path_note else ""),
        copy_kind=trial.copy.kind,
        missing=[*trial.copy.missing, *trial.copy.passing],
    )


def _not_run(statement: Statement) -> StepOut:
    return StepOut(
        statement=statement.number, sql=statement.sql, ms=0, live_ms=0, wal_bytes=0, rewritten=[], built=[], scanned=[],
        error=None, ran=False,
    )  # fmt: skip


def _estimate(case: Case) -> Estimate:
    trial = case.trial
    sizes = [case.size(table) for table in trial.tables]
    files = {each.name: each.total_bytes for each in trial.copy.relations}
    written = [
        (files.get(table, 0) / case.scale(table), step.ms)
        for step in trial.steps for table in step.rewritten if not case.new(table)
    ]  # fmt: skip
    wal = round(sum(step.wal_bytes * case.times(step) for step in trial.steps))
    return Estimate(
        live_rows=sum(rows for rows, _ in sizes),
        live_bytes=sum(size for _, size in sizes),
        seconds=round(sum(case.live_ms(step) for step in trial.steps) / 1000, 3),
        most_seconds=round(sum(case.most_live_ms(step) for step in trial.steps) / 1000, 3),
        runs=max((step.runs for step in trial.steps), default=1),
        wal_bytes=wal,
        assumptions=assumptions(
            wal,
            round(sum(size for size, _ in written)),
            sum(ms for _, ms in written),
            (str(table) for step in trial.steps for table in case.worked(step) if case.scale(table) > 1),
        ),
    )


def _short_names(trial: Trial) -> bool:
    """Whether the migration names a relation without its schema."""
    return any(schema is None for schema, _ in names_in(trial.up))


def _lost(trial: Trial, findings: list[Finding]) -> list[str]:
    """Data that is gone for good, and data written after the migration that its down would throw away."""
    lost = [f"{each.object}: {each.text}" for each in findings if each.code == "rollback-loses-data"]
    if trial.restored is None:
        return lost
    for table, now in trial.after.data.items():
        was = trial.before.data.get(table)
        if was is None and table not in trial.restored.data:
            lost.append(f"{table}: rows written to it after the migration")
        elif was is not None and table in trial.restored.data:
            kept = trial.restored.data[table].columns
            if len(now.columns) > len(kept):
                lost += [
                    f"{table}.{column}: values written to it after the migration"
                    for column in now.columns
                    if column not in kept
                ]
    return lost
