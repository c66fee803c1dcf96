"""The tool `settings`: what the server is configured to do."""

from pydantic import BaseModel, ConfigDict

from common.queries import query
from tools.postgres.place import quoted
from tools.tool import Bench, Effect, Tool

_RELEVANT = (
    "shared_buffers",
    "effective_cache_size",
    "work_mem",
    "maintenance_work_mem",
    "autovacuum_work_mem",
    "max_connections",
    "max_worker_processes",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "random_page_cost",
    "seq_page_cost",
    "effective_io_concurrency",
    "default_statistics_target",
    "jit",
    "jit_above_cost",
    "autovacuum",
    "autovacuum_max_workers",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_analyze_scale_factor",
    "autovacuum_vacuum_cost_delay",
    "autovacuum_vacuum_cost_limit",
    "autovacuum_freeze_max_age",
    "checkpoint_timeout",
    "checkpoint_completion_target",
    "max_wal_size",
    "min_wal_size",
    "wal_buffers",
    "wal_level",
    "wal_compression",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "archive_mode",
    "max_slot_wal_keep_size",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "track_io_timing",
    "track_activities",
    "track_counts",
    "compute_query_id",
    "shared_preload_libraries",
    "log_min_duration_statement",
    "log_lock_waits",
    "log_temp_files",
    "log_checkpoints",
    "log_autovacuum_min_duration",
    "password_encryption",
    "ssl",
    "huge_pages",
    "temp_buffers",
    "hash_mem_multiplier",
    "plan_cache_mode",
)
_SECRET = frozenset({"primary_conninfo", "ssl_passphrase_command", "archive_command", "restore_command"})
"""These may hold a password: told to be set, not to what."""


class Args(BaseModel):
    """Further settings to look at, by name; those that matter to performance and safety are always there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...] = ()


class Setting(BaseModel):
    """A setting in the server's own `unit`. `source` says where its value is from; `pending_restart`: the file holds
    another value that a restart would bring.
    """

    name: str
    setting: str
    unit: str | None
    source: str
    default: str | None
    pending_restart: bool
    context: str
    changed: bool


class Overridden(BaseModel):
    """A setting of one database or role (empty: all). `setting` is None for settings of extensions."""

    database: str
    role: str
    name: str
    setting: str | None


class Result(BaseModel):
    """`needs` is the GRANT that shows the settings hidden from this role, or empty."""

    settings: tuple[Setting, ...]
    overridden: tuple[Overridden, ...]
    pending_restart: tuple[str, ...]
    needs: str


async def run(args: Args, bench: Bench) -> Result:
    """Settings that differ from their defaults or matter, where they are from, and which wait for a restart."""
    async with bench.live() as session:
        found = await session.rows(query(__package__, "settings"), {"names": [*_RELEVANT, *args.names]})
        overridden = await session.rows(query(__package__, "overridden"))
        own = await session.row(
            "SELECT current_user AS role, pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') AS sees_all"
        )
    settings = tuple(Setting(**{**row, "setting": _told(row["name"], row["setting"])}) for row in found)
    return Result(
        settings=settings,
        overridden=tuple(Overridden(**row) for row in overridden),
        pending_restart=tuple(one.name for one in settings if one.pending_restart),
        needs="" if own is None or own["sees_all"] else f"GRANT pg_read_all_settings TO {quoted(own['role'])};",
    )


def _told(name: str, setting: str) -> str:
    return "(set)" if name in _SECRET and setting else setting


TOOL = Tool("settings", "postgresql", Effect.READ, Args, run)
