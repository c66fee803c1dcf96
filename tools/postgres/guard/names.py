"""What the guard knows by name: functions, operators and relations. The lists are data files beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal

from tools.postgres.guard.verdict import Effect

Volatility = Literal["i", "s", "v"]

_DATA = files(__package__).joinpath("data")


@dataclass(frozen=True)
class Denied:
    """Why a function may not be called."""

    code: str
    effect: Effect
    why: str


@dataclass(frozen=True)
class Known:
    """What a live database says about its own functions. It makes the guard less strict about those that the owner
    trusts, and lets it see when attribute notation on a column calls a function.

    `functions` maps `schema.name` of every function outside pg_catalog, information_schema and extensions to its
    strictest volatility. `trusted` holds the `schema.name` that the owner's configuration lists as reads: volatility is
    what a function's author says, so it is not enough by itself.
    """

    functions: Mapping[str, Volatility] = field(default_factory=dict)
    trusted: frozenset[str] = frozenset()
    _by_name: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, list[str]] = {}
        for dotted in (*self.functions, *self.trusted):
            by_name.setdefault(dotted.rpartition(".")[2], []).append(dotted)
        object.__setattr__(self, "_by_name", by_name)

    def distrusted(self, name: str) -> list[str]:
        """The `schema.name` of every function called `name` that the owner does not list."""
        return [dotted for dotted in self._by_name.get(name, ()) if dotted not in self.trusted]

    def trusts(self, schema: str | None, name: str) -> bool:
        """Whether a call of `name` (unqualified: in any schema) can only reach functions that the owner lists."""
        if schema is not None:
            return f"{schema}.{name}" in self.trusted
        return name in self._by_name and not self.distrusted(name)

    def volatile(self, name: str) -> str | None:
        """A volatile function called `name` that the owner does not list, or None."""
        return next((dotted for dotted in self.distrusted(name) if self.functions.get(dotted) == "v"), None)


def words(file: str) -> frozenset[str]:
    """The words of a list; lines that start with `# ` are comments."""
    lines = _DATA.joinpath(file).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("# ") for word in line.split())


def _denied() -> dict[str, Denied]:
    groups = tomllib.loads(_DATA.joinpath("denied.toml").read_text(encoding="utf-8"))["group"]
    return {
        name: Denied(group["code"], group["effect"], group["why"])
        for group in groups
        for name in group["names"].split()
    }


def _extensions() -> tuple[frozenset[str], frozenset[str]]:
    sections = tomllib.loads(_DATA.joinpath("extensions.toml").read_text(encoding="utf-8"))
    functions = frozenset(name for section in sections.values() for name in section["names"].split())
    return functions, frozenset({"public", "extensions", *sections})


DENIED = _denied()
"""Functions that no statement may call."""

HARMLESS = words("harmless.txt")
"""Volatile functions of PostgreSQL that change nothing."""

BUILTINS = words("builtins.txt")
"""Functions of PostgreSQL 15 and 18 that a read may call, those of information_schema with their schema."""

FIELDS = words("fields.txt") | {"geom", "path", "valid", "reason", "location", "key", "value"}
"""Names that can be selected from what these functions, and PostGIS's and hstore's, return."""

OPERATORS = words("operators.txt") | words("extension-operators.txt")
"""Operators of PostgreSQL and of well-known extensions."""

EXTENSION_FUNCTIONS, EXTENSION_SCHEMAS = _extensions()
"""Functions of well-known extensions, and the schemas in which people install them."""

SECRET_COLUMNS = {
    name: (frozenset(columns["secret"].split()), frozenset(columns["plain"].split()))
    for name, columns in tomllib.loads(_DATA.joinpath("secret-columns.toml").read_text(encoding="utf-8")).items()
}
"""Relations with columns that may carry secrets: these columns, and those that cannot."""

SECRETS = words("secrets.txt")
"""Relations that carry secrets or files."""

_ANYWHERE = frozenset(
    {"pg_stat_statements", "pg_stat_monitor", "pg_stat_kcache_detail", "pg_store_plans", "pg_qualstats"}
)
"""Views of extensions, which people install in any schema; a table of that name is most likely a copy of one."""


def partly_secret(schema: str | None, name: str) -> str | None:
    """The name in `SECRET_COLUMNS` of the relation, or None when it is none of them."""
    dotted = _dotted(schema, name)
    return dotted if dotted in SECRET_COLUMNS else None


def secret(schema: str | None, name: str) -> bool:
    """Whether nothing of the relation may be read."""
    return _dotted(schema, name) in SECRETS


def _dotted(schema: str | None, name: str) -> str:
    return name if schema in (None, "pg_catalog") or name in _ANYWHERE else f"{schema}.{name}"
