"""How much of a table or index is air: estimated from statistics, measured by pgstattuple where that is allowed."""

from collections.abc import Awaitable, Callable

from psycopg import sql

from common.findings import Finding, NotChecked
from tools.postgres.connection import Row
from tools.postgres.health.view import View

WASTE_SHARE = 0.6
"""The share of air from which an estimate is worth a finding: widths and alignment make it wrong by a third."""
WASTE_BYTES = 2 << 20
MEASURED_BYTES = 128 << 20
"""The largest relation that is read to measure it."""
MEASURED = 20
"""The most relations that are measured in one run, largest first."""

Said = Callable[[Row, float, str], Finding]


async def wasted(
    view: View, rows: list[Row], function: str, measure: Callable[[View, Row, str], Awaitable[float]], said: Said
) -> list[Finding | NotChecked]:
    """Findings for the rows with too much air.

    A suspect by estimate, or one that cannot be estimated, is measured when `function` of pgstattuple may be run and it
    is not too large. `said` makes the finding from the row, the share of air and how that was found out.
    """
    tools = {row["name"]: row["schema"] for row in await view.rows("pgstattuple")}
    found: list[Finding | NotChecked] = []
    left = MEASURED
    for row in rows:
        guess = None if row["expected_bytes"] is None else 1 - row["expected_bytes"] / row["size_bytes"]
        if guess is not None and not _much(guess, row):
            continue
        if function in tools and left and row["size_bytes"] <= MEASURED_BYTES:
            left -= 1
            share, how = await measure(view, row, tools[function]), "measured by pgstattuple"
        elif guess is not None:
            share, how = guess, "estimated from statistics"
        else:
            continue
        if _much(share, row):
            found.append(said(row, share, how))
    return found


async def needs(view: View, rows: list[Row], function: str) -> str | None:
    """What would allow those to be looked at whose statistics this role may not see; None when there is none."""
    tools = {row["name"] for row in await view.rows("pgstattuple")}
    hidden = [row for row in rows if row["expected_bytes"] is None and not row["readable"]]
    if not hidden or function in tools:
        return None
    role = (await view.server())["role"]
    what = "table" if "table" not in hidden[0] else "index"
    return (
        f"CREATE EXTENSION IF NOT EXISTS pgstattuple; GRANT pg_stat_scan_tables TO {role};"
        f" -- {len(hidden)} {what}(s) whose statistics this role may not see, such as {hidden[0]['object']}"
    )


async def table_share(view: View, row: Row, schema: str) -> float:
    """The share of free space and dead rows in a table, by pgstattuple_approx."""
    statement = sql.SQL(
        "SELECT ((approx_free_space + dead_tuple_len) / greatest(table_len, 1)::float8)::float8 AS share FROM {}({}::regclass)"
    ).format(sql.Identifier(schema, "pgstattuple_approx"), sql.Literal(row["oid"]))
    return float((await view.probe(statement))[0]["share"])


async def index_share(view: View, row: Row, schema: str) -> float:
    """The share of a B-tree index beyond what leaves filled to 90 % would take, by pgstatindex."""
    statement = sql.SQL(
        "SELECT (1 - leaf_pages * coalesce(nullif(avg_leaf_density, 'NaN'), 0) / 90"
        " / greatest(leaf_pages + empty_pages + deleted_pages, 1))::float8 AS share FROM {}({}::regclass)"
    ).format(sql.Identifier(schema, "pgstatindex"), sql.Literal(row["oid"]))
    return float((await view.probe(statement))[0]["share"])


def _much(share: float, row: Row) -> bool:
    return share >= WASTE_SHARE and share * row["size_bytes"] >= WASTE_BYTES
