"""The command `grant`: the least-privilege role."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tools.postgres.grant import Granted


def grant(
    dsn: Annotated[str, typer.Option(help="How an administrator reaches the database.")],
    apply: Annotated[bool, typer.Option("--apply", help="Make the role; without it the SQL is only printed.")] = False,
    role: Annotated[str, typer.Option(help="Its name.")] = "dbcrew_reader",
    schema: Annotated[list[str] | None, typer.Option(help="A schema it may read (repeatable; all).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The least-privilege role: print its SQL, or make it and print its DSN once."""
    from agents.console import emit, progress, run

    made = run(_grant(dsn, role, schema or [], apply))
    for note in made.notes:
        progress(f"note: {note}")
    if apply and not as_json:
        progress(f"The role {made.role} is ready. Its DSN, with a new password that is shown only now:")
    found = {"sql": made.sql, "role": made.role, "dsn": made.dsn, "notes": list(made.notes)}
    emit(found, as_json, lambda: made.dsn if apply else made.sql)


async def _grant(dsn: str, role: str, schemas: list[str], apply: bool) -> "Granted":
    from common.config.settings import settings
    from tools.postgres.grant import grant as make

    return await make(dsn, settings(), role=role, schemas=schemas, apply=apply)
