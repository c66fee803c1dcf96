"""`./p3 cases`: what was asked, how far it came, and going on with what stopped."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.console import emit, progress, run

if TYPE_CHECKING:
    from common.state.cases import Case


def cases(
    case: Annotated[str, typer.Argument(help="Only this case, such as local#7.")] = "",
    retry: Annotated[
        bool, typer.Option("--retry", help="Go on with it (all unfinished ones when none is named).")
    ] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Do not go on with it.")] = False,
    dsn: Annotated[str, typer.Option(help="The live PostgreSQL, for --retry.", envvar="DBCREW_LIVE_DSN")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List cases and their state; show one with its comment, go on with it, or stop it."""
    found, comment = run(
        _with_comment(case, dsn, retry) if case and not (stop or json) else _done(case, dsn, retry, stop)
    )
    value = [
        {"case": one.id, "origin": one.origin, "status": one.status, "age_s": round(one.age_s, 1)} for one in found
    ]
    emit(value, json, lambda: _text(value, found, comment), coloured=bool(comment))
    raise typer.Exit(1 if retry and any(one.status == "failed" for one in found) else 0)


async def _list(case: str) -> "list[Case]":
    from agents.office import state_store
    from common.config.settings import settings
    from common.state.cases import Cases

    async with state_store(settings()) as store:
        known = Cases(store)
        return [await known.get(case)] if case else await known.all()


async def _done(case: str, dsn: str, retry: bool, stop: bool) -> "tuple[list[Case], str]":
    return await (_retry(case, dsn) if retry else _stop(case) if stop else _list(case)), ""


async def _with_comment(case: str, dsn: str, retry: bool) -> "tuple[list[Case], str]":
    """The case, and its comment as it was published, laid out for a terminal; empty while there is none."""
    from agents.boards.local import LocalBoard
    from agents.comment.terminal import readable
    from agents.office import state_store
    from agents.reply import Report
    from common.config.settings import settings
    from common.state.cases import Cases

    async with state_store(settings()) as store:
        found = await (_retry(case, dsn) if retry else _list(case))
        one = await Cases(store).get(case)
        comments = await LocalBoard(store).comments(one.request.issue)
        markdown = next((each.body for each in comments if each.marker == case), "")
        if not (markdown and one.report):
            return found, markdown
        return found, readable(markdown, Report.model_validate(one.report), statements=True)


async def _stop(case: str) -> "list[Case]":
    from agents.office import state_store
    from common.config.settings import settings
    from common.errors import InputError
    from common.state.cases import Cases, Stage

    if not case:
        raise InputError(detail="No case is named", next="Name the one to stop: ./p3 cases CASE --stop")
    async with state_store(settings()) as store:
        known = Cases(store)
        async with store.only_one(case):
            if not (await known.get(case)).finished:
                await known.mark(case, Stage.STOPPED, detail="stopped by hand")
        return [await known.get(case)]


async def _retry(case: str, dsn: str) -> "list[Case]":
    from agents.doors.command import worked
    from agents.office import team
    from common.state.cases import Cases

    async with team(dsn, progress) as crew:
        known = Cases(crew.store)
        chosen = (
            [await known.get(case)]
            if case
            else [one for one in await known.all() if one.unfinished_at(crew.live.where)]
        )
        for one in chosen:
            await worked(one.id, crew, retry=True)
        return [await known.get(one.id) for one in chosen]


def _text(value: list[dict[str, Any]], found: "list[Case]", comment: str) -> str:
    if not value:
        return "no cases"
    lines = [f"{row['case']:<12} {row['status']:<15} {row['age_s']:>10,.0f} s  {row['origin']}" for row in value]
    details = [f"  {one.detail}" for one in found if one.detail]
    return "\n".join(
        [f"{'case':<12} {'status':<15} {'age':>12}  origin", *lines, *details, *([f"\n{comment}"] if comment else [])]
    )
