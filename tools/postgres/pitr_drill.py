"""The tool `pitr_drill`: what would recovery to a point in time give? Done in a throwaway server and measured."""

from pydantic import BaseModel, ConfigDict

from common.errors import Missing, NoData
from tools.postgres.drills.pitr import PitrDrill, pitr_drill
from tools.tool import Bench, Effect, Tool


class Arguments(BaseModel):
    """Where base backup and archived WAL lie (empty: where DBCREW_BACKUP and DBCREW_WAL_ARCHIVE say), and the target: a
    time (ISO 8601, UTC unless it says otherwise), an LSN, or empty for as far as the archive goes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backup: str = ""
    archive: str = ""
    target: str = ""


async def run(args: Arguments, bench: Bench) -> PitrDrill:
    """Recover a base backup with archived WAL in a throwaway server: how far it leads, how long it takes, what is lost."""
    if bench.postgres is None:
        raise Missing(what="A PostgreSQL to compare with", next="Name one with --dsn.")
    backup = args.backup or bench.settings.backup
    archive = args.archive or bench.settings.wal_archive
    lacking = [name for name, value in (("DBCREW_BACKUP", backup), ("DBCREW_WAL_ARCHIVE", archive)) if not value]
    if lacking:
        raise NoData(
            reason="it is not said where the base backup and the archived WAL lie, and the server does not know",
            needs=f"{' and '.join(lacking)}, or ./p3 drill pitr --backup /path/to/base --archive /path/to/wal",
        )
    return await pitr_drill(bench.postgres, backup, archive, args.target, bench.progress, bench.trace.statements)


TOOL = Tool("pitr_drill", "postgresql", Effect.REHEARSE, Arguments, run, timeout_s=3_600.0)
