"""The tool `indexes`: what indexes there are, how they are used, and how large they are."""

from pydantic import BaseModel, ConfigDict, Field

from common.errors import NoData
from common.queries import query
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    """Indexes of these tables (`schema.table` or bare), or of all; the largest `limit` of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: tuple[str, ...] = ()
    limit: int = Field(default=200, ge=1, le=2_000)


class Index(BaseModel):
    """An index. `scans` counts its uses on this server since `Result.statistics_age_s` ago; replicas count their own.

    `bloat_share` (0..1) is ESTIMATED from the width of the columns, for B-trees on plain columns only, and takes no
    account of deduplication (which makes an index smaller than this expects); None when it cannot be.
    """

    name: str
    table: str
    definition: str
    method: str
    unique: bool
    primary: bool
    valid: bool
    ready: bool
    enforces_constraint: bool
    size_bytes: int
    scans: int | None
    entries_read: int | None
    rows_fetched: int | None
    entries: int | None
    bloat_share: float | None


class Result(BaseModel):
    """`statistics_age_s`: None when the counters were never reset. `replica`: the counters are of a replica."""

    indexes: tuple[Index, ...]
    statistics_age_s: float | None
    replica: bool


async def run(args: Args, bench: Bench) -> Result:
    """Definition, use, size, validity and estimated bloat of indexes."""
    wanted = {"everything": not args.tables, "tables": list(args.tables), "limit": args.limit}
    async with bench.live() as session:
        found = await session.rows(query(__package__, "indexes"), wanted)
        since = await session.row(query(__package__, "statistics_age")) or {}
    if not found:
        of = ", ".join(args.tables) or "this database"
        raise NoData(reason=f"there is no index on {of}", needs="Check the names of the tables: schema.table.")
    return Result(indexes=tuple(Index(**row) for row in found), **since)


TOOL = Tool("indexes", "postgresql", Effect.READ, Args, run)
