"""What the owner of an installation decides: environment variables, or `config.toml` beside this file."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from common.errors import InputError

CopyKind = Literal["rows", "masked", "none"]


class Settings(BaseSettings):
    """Every setting, with its environment variable `DBCREW_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="DBCREW_", toml_file=Path(__file__).parent / "config.toml")

    state_dsn: str = ""
    """The state store. Empty: an embedded PostgreSQL under build_data/ is started when one is needed."""
    statement_timeout_ms: int = Field(default=30_000, ge=100)
    """The most time one statement may take on a live engine."""
    lock_timeout_ms: int = Field(default=500, ge=1)
    """The most time one statement may wait for a lock on a live engine."""
    analyze_cost_limit: float = Field(default=5_000_000, gt=0)
    """EXPLAIN ANALYZE runs on a live engine only when the planner's cost estimate is below this."""
    trusted_functions: str = ""
    """Functions of the database's own, as `schema.name` with commas between, that only read: statements that call them
    may be explained and run on a live engine. Their author's word (STABLE, IMMUTABLE) is not enough."""
    result_rows: int = Field(default=10_000, ge=1)
    """The most rows one statement may bring back from a live engine."""
    result_bytes: int = Field(default=16_000_000, ge=1_000)
    """The most bytes one statement may bring back from a live engine."""
    postgresql_copy: CopyKind = "masked"
    """What of a live PostgreSQL's rows goes into a copy: `rows` as they are, `masked` (personal and card data replaced on
    the way), or `none` (rows made up from the catalogue and the planner's statistics; no row is read)."""
    postgresql_copy_dsn: str = Field(default="", repr=False)
    """A scratch server of the user's own to make copies on; it must carry our mark. Empty: a throwaway server here."""
    copy_rows: int = Field(default=200_000, ge=1_000)
    """A table with at most this many rows is copied whole for a rehearsal; of a larger one, about this many are."""
    copy_chunk_s: float = Field(default=20.0, gt=0)
    """The longest time one snapshot is held open on a live engine while rows are copied."""
    backup: str = ""
    """Where the newest backup lies on this machine: a dump, a base backup, or a folder that holds several."""
    wal_archive: str = ""
    """The folder that archive_command copies WAL to, where this machine sees it."""
    pooler_dsn: str = ""
    """The admin console of PgBouncer, such as postgresql://stats@127.0.0.1:6432/pgbouncer."""
    max_hops: int = Field(default=3, ge=0)
    """How many times work may be handed on before a person must look."""
    issue_bytes: int = Field(default=262_144, ge=1_000)
    """The longest issue text that is read, in bytes of UTF-8."""

    @property
    def trusted(self) -> frozenset[str]:
        """`trusted_functions` as a set."""
        return frozenset(name.strip() for name in self.trusted_functions.split(",") if name.strip())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


@cache
def settings() -> Settings:
    """The settings of this process, read once. Raises InputError when one is not what it must be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"DBCREW_{'_'.join(map(str, first['loc'])).upper()}"
        raise InputError(
            detail=f"The setting {name} cannot be {first['input']}", next=f"{first['msg']} (README lists the settings)"
        ) from error
