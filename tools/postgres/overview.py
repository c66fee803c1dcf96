"""The tool `overview`: what server this is, and what it lets this role see."""

from pydantic import BaseModel, ConfigDict

from common.queries import query
from tools.postgres.rights import Rights, rights, warnings
from tools.tool import Bench, Effect, Tool

_SETTINGS = (
    "track_io_timing",
    "track_activities",
    "track_counts",
    "compute_query_id",
    "shared_preload_libraries",
    "shared_buffers",
    "work_mem",
    "effective_cache_size",
    "random_page_cost",
    "jit",
    "ssl",
    "default_transaction_isolation",
    "data_checksums",
    "TimeZone",
)
_HOSTS = {
    "rds": "Amazon RDS or Aurora",
    "cloudsql": "Google Cloud SQL",
    "azure": "Azure Database for PostgreSQL",
    "neon": "Neon",
    "supabase": "Supabase",
    "alloydb": "Google AlloyDB",
    "doadmin": "DigitalOcean",
    "aiven": "Aiven",
}


class Args(BaseModel):
    """Nothing to choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Extension(BaseModel):
    """An extension: the version installed in this database (None: not), and the one that could be."""

    name: str
    installed: str | None
    available: str | None


class Result(BaseModel):
    """The server, the database and the role. Counters are of this database since `statistics_age_s` ago (None: never
    reset, so since it was made or crashed). `hosting` is a guess from role and setting names, empty when nothing shows.
    """

    server_version: str
    version_num: int
    database: str
    role: str
    encoding: str
    collation: str
    size_bytes: int | None
    uptime_s: float
    in_recovery: bool
    tables: int
    connections: int | None
    connections_max: int
    statistics_age_s: float | None
    cache_hit_share: float | None
    commits: int | None
    rollbacks: int | None
    deadlocks: int | None
    temporary_files: int | None
    temporary_bytes: int | None
    settings: dict[str, str]
    hosting: str
    extensions_installed: tuple[Extension, ...]
    extensions_available: tuple[str, ...]
    rights: Rights
    warnings: tuple[str, ...]


async def run(args: Args, bench: Bench) -> Result:
    """Version, size, uptime, extensions and statistics of the server, and what the role may do there."""
    async with bench.live() as session:
        facts = await session.row(query(__package__, "overview")) or {}
        extensions = [Extension(**row) for row in await session.rows(query(__package__, "extensions"))]
        told = await session.rows(query(__package__, "told"), {"names": list(_SETTINGS)})
        hosting = await session.row(query(__package__, "hosting")) or {}
        mine = await rights(session)
    return Result(
        **facts,
        settings={row["name"]: _with_unit(row["setting"], row["unit"]) for row in told},
        hosting=_host((hosting["roles"] or []) + (hosting["prefixes"] or [])),
        extensions_installed=tuple(one for one in extensions if one.installed),
        extensions_available=tuple(one.name for one in extensions if not one.installed),
        rights=mine,
        warnings=tuple(warnings(mine)),
    )


def _host(hints: list[str]) -> str:
    return next((name for key, name in _HOSTS.items() if any(key in hint for hint in hints)), "")


def _with_unit(setting: str, unit: str | None) -> str:
    return f"{setting} × {unit}" if unit and unit[0].isdigit() else f"{setting} {unit or ''}".strip()


TOOL = Tool("overview", "postgresql", Effect.READ, Args, run)
