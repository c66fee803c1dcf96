"""`./p3 audit verify`: the proof that no evidence was changed."""

from typing import TYPE_CHECKING, Annotated

import typer

from agents.console import emit, run

if TYPE_CHECKING:
    from common.state.ledger import Audit

audit = typer.Typer(help="Prove that evidence is as it was written.", no_args_is_help=True)


@audit.callback()
def _audit() -> None:
    """Prove that evidence is as it was written."""


@audit.command()
def verify(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Recompute every digest of the evidence chain; name the first record that does not hold."""
    found = run(_verify())
    value = {"ok": found.ok, "records": found.records, "broken_at": found.broken_at}
    said = f"{found.records} records, all as they were written"
    emit(value, json, lambda: said if found.ok else f"broken at {found.broken_at}: {found.why}")
    raise typer.Exit(0 if found.ok else 1)


async def _verify() -> "Audit":
    from agents.office import state_store
    from common.config.settings import settings
    from common.state.ledger import audit as audited

    async with state_store(settings()) as store:
        return await audited(store)
