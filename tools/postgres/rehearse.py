"""The tool `rehearse`: a migration tried on a throwaway copy."""

from pydantic import BaseModel, Field

from common.errors import Missing
from tools.postgres.rehearsal.verdict import Report, rehearse
from tools.tool import Bench, Effect, Tool


class Arguments(BaseModel):
    """The migration, and the way back if there is one (none: it is derived where that can be done)."""

    up: str = Field(min_length=1)
    down: str | None = None


class Rehearsed(Report):
    """The rehearsal's report, with the migration that was run, to the letter."""

    up: str


async def run(args: Arguments, bench: Bench) -> Rehearsed:
    """Run a migration and its way back on a throwaway copy: locks, time at live size, and whether down leads back."""
    if bench.postgres is None:
        raise Missing(what="A PostgreSQL to look at", next="Name one with --dsn.")
    report = await rehearse(
        bench.postgres,
        args.up,
        down=args.down,
        settings=bench.settings,
        progress=bench.progress,
        trace=bench.trace.statements,
    )
    return Rehearsed(up=args.up, **report.model_dump())


TOOL = Tool("rehearse", "postgresql", Effect.REHEARSE, Arguments, run, timeout_s=900.0)
