"""The tool `restore_drill`: is this backup good? Restored into a throwaway server and counted."""

from pydantic import BaseModel, ConfigDict

from common.errors import Missing, NoData
from tools.postgres.drills.restore import RestoreDrill, restore_drill
from tools.tool import Bench, Effect, Tool


class Arguments(BaseModel):
    """Where the backup lies; empty: where the setting DBCREW_BACKUP says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backup: str = ""


async def run(args: Arguments, bench: Bench) -> RestoreDrill:
    """Restore a backup into a throwaway server, count its rows, and compare them with the live ones."""
    if bench.postgres is None:
        raise Missing(what="A PostgreSQL to compare with", next="Name one with --dsn.")
    path = args.backup or bench.settings.backup
    if not path:
        raise NoData(
            reason="no backup is named, and the server does not know where its backups lie",
            needs="DBCREW_BACKUP=/path/to/backup, or ./p3 drill restore --backup /path/to/backup",
        )
    return await restore_drill(bench.postgres, path, bench.progress, bench.trace.statements)


TOOL = Tool("restore_drill", "postgresql", Effect.REHEARSE, Arguments, run, timeout_s=3_600.0)
