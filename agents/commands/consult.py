"""`./p3 consult TEXT|FILE|-`: one question, answered as a comment."""

from typing import TYPE_CHECKING, Annotated

import typer

from agents.console import emit, progress, run

if TYPE_CHECKING:
    from agents.doors.command import Answer


def consult(
    question: Annotated[str, typer.Argument(help="The question, a file that holds it, or - for standard input.")],
    dsn: Annotated[str, typer.Option(help="The live PostgreSQL it is about.", envvar="DBCREW_LIVE_DSN")] = "",
    role: Annotated[str, typer.Option(help="Ask this role: architect, admin, persona or fintech.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask the team one question about a live database."""
    answer = run(_consult(question, dsn, role))
    for problem in answer.problems:
        progress(f"error: {problem}")
    emit(answer.json if json else None, json, lambda: answer.text, coloured=True)
    raise typer.Exit(answer.exit_code)


async def _consult(question: str, dsn: str, role: str) -> "Answer":
    from agents.doors.command import answer, ask, judged, text_of
    from agents.office import team
    from common.config.settings import settings

    text = judged(text_of(question, settings()), role, settings())
    async with team(dsn, progress) as crew:
        return await answer(await ask(text, role, crew), crew)
