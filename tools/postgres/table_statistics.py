"""The tool `table_statistics`: sizes, use and upkeep of tables, and what the planner knows of their columns."""

from pydantic import BaseModel, ConfigDict, Field

from common.errors import UnknownObject
from common.queries import query
from tools.postgres.place import quoted
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    """Tables by name: `schema.table`, or bare where that is unambiguous."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: tuple[str, ...] = Field(min_length=1, max_length=50)


class Column(BaseModel):
    """What ANALYZE found in a sample of a column. Shares are 0..1 of all rows; no value of a row is told.

    `common_shares` are those of the (at most 10) most common values, largest first; `common_values` counts all that the
    planner knows, `common_total_share` is their sum. `distinct_values` is estimated. `correlation` (-1..1) says how far
    the order on disk follows the values.
    """

    name: str
    type: str
    null_share: float
    width_bytes: int
    distinct_values: float
    common_shares: tuple[float, ...]
    common_total_share: float
    common_values: int
    correlation: float | None


class Table(BaseModel):
    """A table. `rows` is the planner's estimate (None: never analysed), `live_rows` and `dead_rows` the statistics
    collector's. Counters run since the statistics were reset; ages are None when it never happened.
    """

    name: str
    kind: str
    rows: int | None
    pages: int
    table_bytes: int
    indexes_bytes: int
    total_bytes: int
    live_rows: int | None
    dead_rows: int | None
    dead_share: float | None
    changed_since_analyze: int | None
    inserted: int | None
    updated: int | None
    deleted: int | None
    hot_updated: int | None
    sequential_scans: int | None
    rows_read_sequentially: int | None
    index_scans: int | None
    vacuum_age_s: float | None
    analyze_age_s: float | None
    transaction_id_age: int | None
    options: tuple[str, ...]
    columns: tuple[Column, ...]


class Result(BaseModel):
    """`unknown` are names that no table here has, `unseen` tables whose columns this role may not know about, with the
    GRANT that would allow it.
    """

    tables: tuple[Table, ...]
    unknown: tuple[str, ...]
    unseen: tuple[str, ...]


async def run(args: Args, bench: Bench) -> Result:
    """Sizes, use, dead rows and column statistics of tables, without any value of their rows."""
    async with bench.live() as session:
        found = await session.rows(query(__package__, "table_statistics"), {"names": list(args.tables)})
        known = {row["oid"]: row for row in found if row["oid"] is not None}
        columns = await session.rows(query(__package__, "column_statistics"), {"oids": list(known)}) if known else []
        role = await session.value("SELECT current_user")
    unknown = tuple(row["asked"] for row in found if row["oid"] is None)
    if not known:
        raise UnknownObject(kind="table", name=", ".join(unknown), next="Check the name, or write it as schema.table.")
    tables = tuple(
        Table(**{**row, "columns": tuple(Column(**one) for one in columns if one["oid"] == oid)})
        for oid, row in known.items()
    )
    unseen = tuple(
        f"GRANT SELECT ON {'.'.join(map(quoted, one.name.split('.', 1)))} TO {quoted(role)};"
        for one in tables
        if not one.columns and one.analyze_age_s is not None
    )
    return Result(tables=tables, unknown=unknown, unseen=unseen)


TOOL = Tool("table_statistics", "postgresql", Effect.READ, Args, run)
