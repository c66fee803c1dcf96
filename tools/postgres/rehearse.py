"""The tool `rehearse`: a migration tried on a throwaway copy."""

from pydantic import BaseModel, Field

from common.errors import Missing
from tools.postgres.rehearsal.verdict import Report, rehearse
from tools.tool import Bench, Effect, Tool


class Arguments(BaseModel):
    """The migration, and the way back if there is one (none: it is derived where that can be done)."""

    up: str = Field(min_length=1)
    down: str | None = None


async def run(args: Arguments, bench: Bench) -> Report:
    """Run a migration and its way back on a throwaway copy: locks, time at live size, and whether down leads back."""
    if bench.postgres is None:
        raise Missing(what="A PostgreSQL to look at", next="Name one with --dsn.")
    return await rehearse(
        bench.postgres,
        args.up,
        down=args.down,
        settings=bench.settings,
        progress=bench.progress,
        trace=bench.trace.statements,
    )


TOOL = Tool("rehearse", "postgresql", Effect.REHEARSE, Arguments, run, timeout_s=900.0)
