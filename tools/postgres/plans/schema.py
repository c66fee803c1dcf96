"""What the catalogue and the statistics say about the tables of a statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from common.queries import query

Params = Sequence[Any] | Mapping[str, Any] | None


class Reader(Protocol):
    """Whatever can run a query: a read-only session, or a connection to a rehearsal copy."""

    async def rows(self, statement: str, params: Params = None, /) -> list[dict[str, Any]]:
        """All rows, as dictionaries."""


@dataclass(frozen=True)
class Column:
    """A column with its statistics; values as text. `distinct` counts values (estimated), 0 when unknown."""

    name: str
    type: str
    base: str
    category: str
    nullable: bool
    c_collated: bool = False
    null_share: float = 0.0
    width_bytes: int = 8
    distinct: float = 0.0
    correlation: float | None = None
    common: tuple[str, ...] = ()
    frequencies: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    analysed: bool = False

    def share(self, value: str) -> float:
        """The estimated share of rows that equal `value` (0..1), by the rule of PostgreSQL's eqsel."""
        if value in self.common:
            return self.frequencies[self.common.index(value)]
        rest = self.distinct - len(self.common)
        left = max(0.0, 1.0 - sum(self.frequencies) - self.null_share)
        return left / rest if rest >= 1 else (0.0 if self.analysed else 0.005)


@dataclass(frozen=True)
class Index:
    """An index as it stands. `keys` and `included` are as pg_get_indexdef prints them."""

    schema: str
    name: str
    method: str
    keys: tuple[str, ...]
    definition: str
    included: tuple[str, ...] = ()
    descending: tuple[bool, ...] = ()
    classes: tuple[str, ...] = ()
    unique: bool = False
    primary: bool = False
    valid: bool = True
    predicate: str = ""
    size_bytes: int = 0
    scans: int = 0
    constraint: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key of the table."""

    name: str
    columns: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Table:
    """A table, view, materialised view, partitioned or foreign table. `kind` is pg_class.relkind."""

    oid: int
    schema: str
    name: str
    kind: str = "r"
    rows: float = 0.0
    size_bytes: int = 0
    temporary: bool = False
    analysed: bool = True
    row_security: bool = False
    definition: str = ""
    partition_key: str = ""
    partitions: tuple[str, ...] = ()
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    hot_updated: int = 0
    changed: int = 0
    """Rows changed since it was last analysed (n_mod_since_analyze)."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    indexes: tuple[Index, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def qualified(self) -> str:
        """schema.table, unquoted: the name of the object in findings."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Schema:
    """Tables by the name a statement used (quoted as SQL), and what the server is."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    version: int = 0
    extensions: frozenset[str] = frozenset()
    available: frozenset[str] = frozenset()
    homes: Mapping[str, str] = field(default_factory=dict)
    """The schema of each installed extension."""

    def table(self, name: str) -> Table | None:
        """The table called `name` (as asked for, or `schema.table`, or a bare name that is unambiguous)."""
        found = self.tables.get(name)
        if found is not None:
            return found
        matches = {t.oid: t for t in self.tables.values() if name in (t.qualified, t.name)}
        return next(iter(matches.values())) if len(matches) == 1 else None


async def schema_of(names: Iterable[str], session: Reader, version: int) -> Schema:
    """The tables of these names (quoted as in SQL) and of the views among them, looked through to the base.

    Names that this role cannot resolve are left out. Raises what the session raises.
    """
    from tools.postgres.plans.names import tables_in  # pglast loads when a statement is looked at

    asked, tables, todo = set[str](), dict[str, Table](), set(names)
    while todo:
        found = await session.rows(query(__package__, "tables"), {"names": sorted(todo)})
        oids = [row["oid"] for row in found]
        parts = {name: await session.rows(query(__package__, name), {"oids": oids}) for name in _PARTS}
        for row in found:
            tables[row["asked"]] = _table(row, {name: _of(rows, row["oid"]) for name, rows in parts.items()})
        asked |= todo
        todo = {name for row in found if row["definition"] for name in tables_in(row["definition"])} - asked
    offered = await session.rows(
        "SELECT a.name, a.installed_version IS NOT NULL AS installed, e.extnamespace::regnamespace::text AS home"
        " FROM pg_available_extensions AS a LEFT JOIN pg_extension AS e ON e.extname = a.name"
        " WHERE a.name IN ('pg_trgm', 'hypopg', 'btree_gin')"
    )
    return Schema(
        tables=tables,
        version=version,
        extensions=frozenset(row["name"] for row in offered if row["installed"]),
        available=frozenset(row["name"] for row in offered),
        homes={row["name"]: row["home"] for row in offered if row["home"]},
    )


_PARTS = ("columns", "indexes", "references")


def _of(rows: list[dict[str, Any]], oid: int) -> list[dict[str, Any]]:
    return [row for row in rows if row["oid"] == oid]


def _table(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> Table:
    return Table(
        oid=row["oid"],
        schema=row["schema"],
        name=row["name"],
        kind=row["kind"],
        rows=row["rows"],
        size_bytes=row["bytes"],
        temporary=row["persistence"] == "t",
        analysed=row["analysed"],
        row_security=row["row_security"],
        definition=row["definition"] or "",
        partition_key=row["partition_key"] or "",
        partitions=tuple(row["partitions"]),
        inserted=row["inserted"],
        updated=row["updated"],
        deleted=row["deleted"],
        hot_updated=row["hot_updated"],
        changed=row["changed"],
        columns={each["name"]: _column(each, row["rows"]) for each in parts["columns"]},
        indexes=tuple(_index(each) for each in parts["indexes"]),
        references=tuple(
            Reference(each["name"], tuple(each["columns"]), each["target"]) for each in parts["references"]
        ),
    )


def _column(row: dict[str, Any], rows: float) -> Column:
    distinct = row["n_distinct"] or 0.0
    return Column(
        name=row["name"],
        type=row["type"],
        base=row["base"],
        category=row["category"],
        nullable=not row["not_null"],
        c_collated=bool(row["c_collated"]),
        null_share=row["null_frac"] or 0.0,
        width_bytes=row["avg_width"] or 8,
        distinct=-distinct * rows if distinct < 0 else distinct,
        correlation=row["correlation"],
        common=tuple(row["common"] or ()),
        frequencies=tuple(row["frequencies"] or ()),
        bounds=tuple(row["bounds"] or ()),
        elements=tuple(row["elements"] or ()),
        analysed=row["null_frac"] is not None,
    )


def _index(row: dict[str, Any]) -> Index:
    return Index(
        schema=row["schema"],
        name=row["name"],
        method=row["method"],
        keys=tuple(row["keys"]),
        definition=row["definition"],
        included=tuple(row["included"]),
        descending=tuple(bool(option & 1) for option in row["options"]),
        classes=tuple(row["classes"]),
        unique=row["is_unique"],
        primary=row["is_primary"],
        valid=row["is_valid"],
        predicate=row["predicate"] or "",
        size_bytes=row["bytes"],
        scans=row["scans"],
        constraint=row["backs_constraint"],
    )
