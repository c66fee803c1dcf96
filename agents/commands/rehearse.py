"""`./p3 rehearse`: what a migration would do here, tried on a throwaway copy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.console import emit, progress, run, stop

if TYPE_CHECKING:
    from tools.postgres.connection import Postgres
    from tools.postgres.rehearsal.formats.reading import Reading
    from tools.postgres.rehearsal.revision import Place
    from tools.postgres.rehearsal.verdict import Report


def rehearse(
    dsn: Annotated[str, typer.Option(help="The live PostgreSQL. It is only read.", envvar="DBCREW_LIVE_DSN")],
    up: Annotated[
        str,
        typer.Argument(
            help="The migration: SQL, or what Rails, Django, Flyway, Liquibase, dbmate, goose, golang-migrate or sqitch"
            " write or print; - reads standard input."
        ),
    ] = "",
    down: Annotated[str, typer.Option(help="The way back, an SQL file. Without it one is derived.")] = "",
    alembic: Annotated[str, typer.Option(help="A folder with alembic.ini: rehearses what is pending.")] = "",
    write: Annotated[
        str,
        typer.Option(
            help="A folder for the safer steps as up.sql and down.sql; with alembic.ini in it, as a new revision."
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show what squawk says, too.")] = False,
) -> None:
    """Run a migration and its way back on a throwaway copy, and judge it at live size.

    {"verdict": safe|careful|unsafe, "findings", "locks", "estimate", "rewrite", "down", "steps", "tables", "copy_about",
    "missing", "read_as": what the file was taken for, "notes", "written": files}. Exit code 0 when it is safe, 1 when
    careful or unsafe or refused, 2 for a file that is no migration, 3 when the server cannot be reached.
    """
    from common.errors import DbcrewError

    reading, report, place = run(_rehearse(dsn, up, down, alembic, write))
    written: list[str] = []
    refused: DbcrewError | None = None
    if write:
        try:
            written = [str(each) for each in _written(reading, report, write, place)]
        except DbcrewError as error:  # what the rehearsal found is said first
            refused = error
    said = _public(reading, report) | {"written": written}
    emit(said, as_json, lambda: "\n".join([_text(reading, report, verbose), *(f"Written: {each}" for each in written)]))
    if refused is not None:
        stop(refused)
    if report.verdict != "safe":
        raise typer.Exit(1)


async def _rehearse(dsn: str, up: str, down: str, alembic: str, write: str) -> "tuple[Reading, Report, Place | None]":
    import asyncio

    from common.config.settings import settings
    from common.errors import InputError
    from tools.postgres.connection import Postgres
    from tools.postgres.rehearsal.alembic import pending
    from tools.postgres.rehearsal.formats.reading import Reading
    from tools.postgres.rehearsal.revision import Place, next_place
    from tools.postgres.rights import require_safe, rights

    if bool(up) == bool(alembic):
        raise InputError(detail="There is one thing to rehearse", next="Name a file or --alembic, and not both")
    if alembic and write and (Path(write) / "alembic.ini").exists():
        raise InputError(
            detail="What is pending in an Alembic folder cannot be followed by itself in other steps",
            next="Name a folder without alembic.ini: the revision written there takes the place of the pending ones",
        )
    reading = _read(up, down) if up else None
    async with await Postgres.connect(dsn, settings()) as postgres:
        async with postgres.session() as session:
            require_safe(await rights(session), dsn)
        if reading is None:
            found = await pending(postgres, Path(alembic), [])
            reading = Reading(f"an Alembic folder, {found.current} to {found.head}", found.up, found.down)
            place = Place(found.head, None if found.current == "base" else found.current, Path(write))
        elif write and (Path(write) / "alembic.ini").exists():
            place = await asyncio.to_thread(next_place, Path(write))
        else:
            place = None
        report = await _recorded(postgres, reading.up, reading.down)
    return reading, report, place


def _written(reading: "Reading", report: "Report", folder: str, place: "Place | None") -> "list[Path]":
    """The safer steps, or the migration itself where it needs none, with the way back that led back."""
    from common.errors import Refused
    from tools.postgres.rehearsal.revision import write_revision, write_sql

    if report.rewrite is not None:
        up, down = report.rewrite.up, report.rewrite.down
    elif report.verdict != "unsafe":
        up, down = reading.up, report.down.sql if report.down.restores else ""
    else:
        why = "; ".join(each.why for each in report.not_rewritten) or "see what was found"
        raise Refused(
            reason=f"The migration is unsafe and there is no safer form to write ({why}): nothing was written",
            needs="Change it first.",
        )
    if place is None:
        return write_sql(Path(folder), up, down)
    return [write_revision(place, f"{reading.what}, in steps that were rehearsed", up, down)]


def _read(up: str, down: str) -> "Reading":
    """The migration with its way back: the one that is named, else the one that came with it."""
    from dataclasses import replace

    from tools.postgres.rehearsal.formats import read_as
    from tools.postgres.rehearsal.formats.file import load
    from tools.postgres.rehearsal.script import read_script

    reading = read_as(*load(up))
    if down:
        reading = replace(reading, down=read_as(*load(down)).up)
    read_script(reading.up, "the migration" if up == "-" else up)
    if reading.down is not None:
        read_script(reading.down, down or "the down migration")
    return reading


async def _recorded(postgres: "Postgres", up: str, down: str | None) -> "Report":
    """The report, its findings naming the evidence they rest on. Raises what the tool raised."""
    from dataclasses import replace

    from common.config.settings import settings
    from common.errors import DbcrewError, Defect, TimedOut
    from common.evidence import MemoryLedger, Status
    from tools.postgres.rehearsal.verdict import Report
    from tools.postgres.rehearse import TOOL, Arguments, Rehearsed
    from tools.runner import Runner
    from tools.tool import Bench

    raised: list[DbcrewError] = []

    async def kept(args: Arguments, bench: Bench) -> Rehearsed:
        try:
            return await TOOL.run(args, bench)
        except DbcrewError as error:  # the evidence holds its words only, and the exit code depends on its kind
            raised.append(error)
            raise

    runner = Runner("rehearse", {TOOL.name: replace(TOOL, run=kept)}, MemoryLedger(), settings(), postgres, progress)
    record = await runner.call(TOOL.name, up=up, down=down)
    if raised:
        raise raised[0]
    if record.status is Status.TIMEOUT:
        raise TimedOut(what="The rehearsal", seconds=f"{TOOL.timeout_s:g}", next="Rehearse it in smaller parts.")
    if not record.ok:
        raise Defect(detail=record.data["reason"], id=record.id)
    report = Report.model_validate(record.data)
    findings = [each.model_copy(update={"evidence": [record.id]}) for each in report.findings]
    return report.model_copy(update={"findings": findings})


def _public(reading: "Reading", report: "Report") -> dict[str, Any]:
    said = report.model_dump(mode="json", exclude={"findings": {"__all__": {"finding"}}})
    return said | {"read_as": reading.what, "notes": _notes(reading, report)}


def _notes(reading: "Reading", report: "Report") -> list[str]:
    from tools.postgres.rehearsal.script import read_script
    from tools.postgres.rehearsal.unrun import unrun

    stopped = next((each.statement for each in report.steps if each.error is not None), None)
    return [*reading.notes, *(unrun(read_script(reading.up), stopped) if stopped is not None else ())]


def _text(reading: "Reading", report: "Report", verbose: bool) -> str:
    from common.figures import show
    from tools.postgres.rehearsal.rewrite import only_timed

    lines = [
        report.verdict.upper(),
        f"Read as {reading.what}.",
        *(f"Note: {each}." for each in _notes(reading, report)),
    ]
    lines.append(report.copy_about)
    failed = next((each.statement for each in report.steps if each.error is not None), None)
    until = "" if failed is None else f" until statement {failed} fails"
    lines.append(
        f"About {show('live_rows', report.estimate.live_rows)} live rows"
        f" ({show('live_bytes', report.estimate.live_bytes)}); {_time(report)} there{until}, if "
        + ", ".join(report.estimate.assumptions)
        + "."
    )
    shown = [each for each in report.findings if verbose or not each.code.startswith("squawk:")]
    for each in shown:
        lines += ["", f"{each.severity.value}  {each.code}  {each.object}", f"  {each.why}"]
        if each.remedy:
            lines.append(f"  {each.remedy}")
    if len(shown) < len(report.findings):
        lines += [
            "",
            f"squawk, which knows no sizes, says {len(report.findings) - len(shown)} more things: -v shows them.",
        ]
    lines += ["", "Statements on the copy"]
    for step in report.steps:
        waits = [
            f"{lock.mode} on {lock.object}" + (f" (keeps {' and '.join(lock.blocks)} waiting)" if lock.blocks else "")
            for lock in report.locks
            if lock.statement == step.statement
        ]
        lines.append(f"  {step.statement}. {' '.join(step.sql.split())[:90]}")
        if not step.ran:
            lines.append(f"     not run, as statement {failed} failed")
            continue
        lines.append(
            "     " + "; ".join([show("ms", step.ms), *waits, *([f"failed: {step.error}"] if step.error else [])])
        )
    lines += ["", f"Down ({report.down.source}): {_restores(report)}"]
    lines += [f"  {line}" for line in report.down.sql.strip().splitlines()]
    lines += [f"  not as before: {each}" for each in report.down.differences[:20]]
    lines += [f"  lost: {each}" for each in report.down.lost]
    same = report.rewrite is not None and only_timed(report.rewrite.up, [each.sql for each in report.steps])
    if report.rewrite is not None:
        word = "rehearsed" if report.rewrite.rehearsed else "not rehearsed"
        title = "The same with a lock_timeout, so that nobody queues behind it for long" if same else "Safer steps"
        lines += ["", f"{title} ({word})", *(f"  {line}" for line in report.rewrite.up.strip().splitlines())]
        lines += [f"  not as the migration leaves it: {each}" for each in report.rewrite.differences]
    for kept in report.not_rewritten:
        what = f"statement {kept.statement}" if kept.statement else "it"
        lines += [
            "",
            f"No form of {what} that locks less: {kept.why}" if same else f"No safer form of {what}: {kept.why}",
        ]
    if report.missing:
        lines += ["", "Not on the copy", *(f"  {each}" for each in report.missing)]
    return "\n".join(lines)


def _time(report: "Report") -> str:
    """The time at live size, as a range where the runs on the copy were far apart."""
    from common.figures import show

    one = report.estimate
    least = show("live_s", one.seconds)
    if one.most_seconds <= 1.5 * one.seconds:
        return f"about {least}"
    return f"about {least} to {show('live_s', one.most_seconds)} (the fastest and the slowest of {one.runs} runs on the copy)"


def _restores(report: "Report") -> str:
    if report.down.restores is None:
        return report.down.reason or "was not run"
    return "leads back to the same catalogue and rows" if report.down.restores else "does not lead back"
