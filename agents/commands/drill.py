"""`./p3 drill`: a backup restored, an archive replayed, in a throwaway server, beside the live one."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.console import emit, progress, run

if TYPE_CHECKING:
    from common.evidence import Evidence

app = typer.Typer(
    help="Restore a backup into a throwaway server and compare it with the live one.", no_args_is_help=True
)

Dsn = Annotated[str, typer.Option(help="The live PostgreSQL. It is only read.", envvar="DBCREW_LIVE_DSN")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def restore(
    dsn: Dsn,
    backup: Annotated[str, typer.Option(help="A dump, a base backup, or a folder of them. Else DBCREW_BACKUP.")] = "",
    as_json: AsJson = False,
) -> None:
    """Is this backup good? Restore it, count every row, compare with the live rows, and time it.

    {"drill": {…}, "findings", "not_checked", "elapsed_s"}. Exit code 0 when it is good, 1 with findings above info, 2 when
    there is no backup to restore, 3 when the server cannot be reached or programs of its version are missing.
    """
    _finished("restore_drill", dsn, as_json, backup=backup)


@app.command()
def pitr(
    dsn: Dsn,
    backup: Annotated[str, typer.Option(help="A base backup (pg_basebackup). Else DBCREW_BACKUP.")] = "",
    archive: Annotated[str, typer.Option(help="The folder with archived WAL. Else DBCREW_WAL_ARCHIVE.")] = "",
    target: Annotated[str, typer.Option(help="A time (ISO 8601) or an LSN. Else as far as the archive goes.")] = "",
    as_json: AsJson = False,
) -> None:
    """What would point-in-time recovery give? Recover, and measure RTO, RPO and how far the archive leads.

    {"drill": {…}, "findings", "not_checked", "elapsed_s"}. Exit code 0 when the way is whole, 1 with findings above info, 2
    for what is no base backup, archive or target, 3 when the server cannot be reached or programs are missing.
    """
    _finished("pitr_drill", dsn, as_json, backup=backup, archive=archive, target=target)


def _finished(tool: str, dsn: str, as_json: bool, **arguments: str) -> None:
    from common.findings import Finding

    record, elapsed_s = run(_drilled(tool, dsn, arguments))
    data = dict(record.data)
    findings = [
        Finding.model_validate(one).model_copy(update={"evidence": (record.id,)}) for one in data.pop("findings")
    ]
    missed = data.pop("not_checked", [])
    answer = {
        "drill": data,
        "findings": [{**one.model_dump(mode="json"), "summary": one.text} for one in findings],
        "not_checked": missed,
        "elapsed_s": elapsed_s,
    }
    emit(answer, as_json, lambda: _text(tool, answer))
    if any(one.severity.rank < 4 for one in findings):
        raise typer.Exit(1)


async def _drilled(tool: str, dsn: str, arguments: dict[str, str]) -> "tuple[Evidence, float]":
    """The evidence of the drill. Raises what the tool raised: its kind decides the exit code."""
    import time
    from dataclasses import replace

    from common.config.settings import settings
    from common.errors import DbcrewError, Defect, InputError, NoData, TimedOut
    from common.evidence import MemoryLedger, Status
    from tools.inventory import TOOLS
    from tools.postgres.connection import Postgres
    from tools.postgres.rights import require_safe, rights
    from tools.runner import Runner
    from tools.tool import Bench

    began = time.monotonic()
    chosen = TOOLS[tool]
    raised: list[DbcrewError] = []

    async def kept(args: Any, bench: Bench) -> Any:
        try:
            return await chosen.run(args, bench)
        except DbcrewError as error:  # the evidence holds its words only, and the exit code depends on its kind
            raised.append(error)
            raise

    async with await Postgres.connect(dsn, settings()) as postgres:
        async with postgres.session() as session:
            require_safe(await rights(session), dsn)
        runner = Runner("drill", {tool: replace(chosen, run=kept)}, MemoryLedger(), settings(), postgres, progress)
        given: dict[str, Any] = {name: value for name, value in arguments.items() if value}
        record = await runner.call(tool, **given)
    if raised and isinstance(raised[0], NoData):
        raise InputError(detail=raised[0].facts["reason"].capitalize(), next=f"It needs {raised[0].facts['needs']}")
    if raised:
        raise raised[0]
    if record.status is Status.TIMEOUT:
        raise TimedOut(what="The drill", seconds=f"{chosen.timeout_s:g}", next="Try a machine with faster disks.")
    if not record.ok:
        raise Defect(detail=record.data["reason"], id=record.id)
    return record, round(time.monotonic() - began, 3)


def _text(tool: str, answer: dict[str, Any]) -> str:
    from common.figures import show

    drill = answer["drill"]
    lines = [_verdict(tool, drill), f"{drill['backup']}: {drill['kind']}, {show('bytes', drill['size_bytes'])}"]
    lines += [f"  {one['step']:<24}{show('ms', one['ms']):>10}" for one in drill["steps"]]
    for name, label in (("manifest", "manifest"), ("amcheck", "pg_amcheck")):
        if drill.get(name):
            lines.append(f"  {label:<24}{drill[name]}")
    for one in answer["findings"]:
        lines += [
            "",
            f"{one['severity'].upper()}  {one['code']}  {one['object']}",
            f"  {one['summary']}",
            f"  {one['remedy']}",
        ]
    if drill["tables"]:
        width = max(len(one["table"]) for one in drill["tables"])
        lines += ["", f"  {'table':<{width}}  {'restored':>14}  {'live':>14}  newest row behind by"]
    for one in sorted(drill["tables"], key=lambda each: -(each["live_rows"] or 0))[:40]:
        live = "–" if one["live_rows"] is None else f"{'' if one['live_exact'] else '≈'}{one['live_rows']:,}"
        restored = one["problem"] or ("–" if one["restored_rows"] is None else f"{one['restored_rows']:,}")
        behind = "" if one["behind_s"] is None else show("s", one["behind_s"])
        lines.append(f"  {one['table']:<{width}}  {restored:>14}  {live:>14}  {behind}")
    if left_out := drill.get("left_out"):
        lines += ["", "LEFT OUT, as the role that restores here is no superuser", *(f"  {each}" for each in left_out)]
    if answer["not_checked"]:
        lines += ["", "NOT CHECKED", *(f"  {one['code']}  {one['needs']}" for one in answer["not_checked"])]
    return "\n".join(
        [*lines, "", f"Measured on this machine with fsync on; {show('elapsed_s', answer['elapsed_s'])} in all."]
    )


def _verdict(tool: str, drill: dict[str, Any]) -> str:
    from common.figures import show

    if drill["failure"]:
        return f"NOT RESTORABLE: {drill['failure']}"
    if tool == "restore_drill":
        loses = (
            ""
            if drill["loses_s"] is None
            else f"; newest rows older than the live ones by {show('s', drill['loses_s'])}"
        )
        rto = f" in {show('rto_ms', drill['rto_ms'])}" if drill["rto_ms"] is not None else ", with damage,"
        first = (
            f"; errors on the way: {drill['error_count']:,}, the first: {drill['errors'][0]}" if drill["errors"] else ""
        )
        return f"Restored{rto}: {drill['rows_restored']:,} rows in {drill['tables_restored']:,} tables{loses}{first}"
    until = drill["recovered_until"] or "the end of the base backup"
    line = f"Recovered up to {until} in {show('rto_ms', drill['rto_ms'])}"
    if drill["faults"]:
        line += f"; the archive is broken at {drill['faults'][0]['segment']}: {drill['faults'][0]['reason']}"
    elif drill["target"] and not drill["reached"]:
        line += f"; {drill['target']} was not reached: the archive ends before it"
    elif drill["loss_s"] is not None:
        lost = f"{show('s', drill['loss_s'])}, {show('bytes', drill['loss_bytes'])} of WAL"
        line += f"; lost if the server vanished now: at most {lost}"
    return line
