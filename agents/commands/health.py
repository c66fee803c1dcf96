"""`./p3 health`: every check of a live PostgreSQL, once or again and again."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.console import emit, progress, run

if TYPE_CHECKING:
    from common.findings import Finding, NotChecked

_DEFAULT_S = 60.0


def health(
    dsn: Annotated[str, typer.Option(help="The live PostgreSQL.", envvar="DBCREW_LIVE_DSN")],
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, and say what changed.")] = False,
    seconds: Annotated[float, typer.Argument(help="With --watch: the time between two looks.", min=1.0)] = _DEFAULT_S,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; with --watch one a line.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say when a finding would be wrong.")] = False,
) -> None:
    """Look for everything that can be wrong with a live PostgreSQL. Reads catalogues and counters only.

    {"findings", "not_checked": [{"code", "needs"}], "elapsed_s"}. Exit code 0 when nothing is above info, 1 when
    something is, 2 for a bad DSN or a role that is too strong, 3 when the server cannot be reached.

    With --watch each line is one look: the same and {"at", "look", "new", "gone", "worse", "better"}, or {"at", "look",
    "unreachable"}; Ctrl-C ends it with the code of the last look.
    """
    if watch:
        from agents.rounds import rounds

        shown = public if as_json else partial(_shown, verbose=verbose)
        raise typer.Exit(run(rounds(partial(_health, dsn, verbose), seconds, as_json, shown)))
    report = run(_health(dsn, verbose))
    emit(public(report), as_json, lambda: _shown(report, verbose))
    if any(each.severity.rank < 4 for each in report["found"]):
        raise typer.Exit(1)


def public(report: dict[str, Any]) -> dict[str, Any]:
    """One look as contract.md prints it."""
    return {
        "findings": [{**each.model_dump(mode="json"), "summary": each.text} for each in report["found"]],
        "not_checked": [each.model_dump(mode="json") for each in report["missed"]],
        "elapsed_s": report["elapsed_s"],
    }


async def _health(dsn: str, verbose: bool) -> dict[str, Any]:
    import time

    from common.config.settings import settings
    from common.errors import EngineDied, TimedOut
    from common.evidence import MemoryLedger, Status
    from common.findings import Finding, NotChecked
    from tools.postgres.connection import Postgres
    from tools.postgres.health_tool import TOOL
    from tools.postgres.rights import require_safe, rights
    from tools.runner import Runner

    began = time.monotonic()
    async with await Postgres.connect(dsn, settings()) as postgres:
        async with postgres.session() as session:
            require_safe(await rights(session), dsn)
        told = progress if verbose else (lambda line: None)
        runner = Runner("health", {TOOL.name: TOOL}, MemoryLedger(), settings(), postgres, told)
        record = await runner.call(TOOL.name)
        if record.status is Status.TIMEOUT:
            raise TimedOut(what="The checks", seconds=f"{TOOL.timeout_s:g}", next="Try again in a quieter hour.")
        if not record.ok:
            reason = str(record.data["reason"])
            raise EngineDied(what="PostgreSQL", where=postgres.where, detail=reason)
        found = [Finding.model_validate(each) for each in record.data["findings"]]
        return {
            "found": [each.model_copy(update={"evidence": (record.id,)}) for each in found],
            "missed": [NotChecked.model_validate(each) for each in record.data["not_checked"]],
            "checked": record.data["checked"],
            "where": postgres.where,
            "version": postgres.server_version,
            "elapsed_s": round(time.monotonic() - began, 3),
        }


def _shown(report: dict[str, Any], verbose: bool) -> str:
    from common.findings import Severity

    findings: list[Finding] = report["found"]
    missed: list[NotChecked] = report["missed"]
    lines = [f"{report['where']} · PostgreSQL {report['version']}"]
    for severity in Severity:
        group = [each for each in findings if each.severity is severity]
        if not group:
            continue
        lines += ["", f"{severity.value.upper()} ({len(group)})"]
        for each in group:
            lines.append(f"  {each.code}  {each.text}")
            lines += [f"      {line}" for line in each.remedy.splitlines()]
            if verbose:
                lines.append(f"      wrong if {each.wrong_if}")
    if missed:
        lines += ["", f"NOT CHECKED ({len(missed)})"]
        lines += [f"  {each.code}  {each.needs}" for each in missed]
    worse = sum(each.severity.rank < 4 for each in findings)
    verdict = f"{worse} to act on" if worse else "Nothing to act on"
    lines += ["", f"{verdict}; {report['checked']} codes checked in {report['elapsed_s']:.1f} s."]
    return "\n".join(lines)
