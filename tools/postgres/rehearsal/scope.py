"""What a copy must hold: the tables a change is about and everything they need."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg import sql

from common.errors import Refused, UnknownObject
from common.queries import query
from tools.postgres.channel import Row
from tools.postgres.connection import Postgres, Session
from tools.postgres.rehearsal.names import QualifiedName

_HERE = "tools.postgres.rehearsal"
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
"""What may be a table's name in the body of a function."""


@dataclass(frozen=True)
class Relation:
    """A relation of the live server. `pages` are of its own (0 for a partitioned table), 8 kB each by default."""

    oid: int
    name: QualifiedName
    kind: str
    """relkind of pg_class: r table, p partitioned, v view, m materialised view, f foreign table, S sequence."""
    tree: int
    """The oid of the topmost partitioned table it belongs to, else its own."""
    live_rows: int
    """The planner's count: reltuples scaled to the pages there are now; -1 when never analysed."""
    pages: int
    total_bytes: int
    core: bool
    """The change is about it (or about a partition of it)."""
    start: bool
    """Rows are copied for its own sake, not only because another table refers to it."""
    filtered: bool
    """Row security hides rows from the role we read with."""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key between two relations in scope."""

    name: str
    child: int
    parent: int
    child_columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True)
class Scope:
    """The relations to carry over, those to leave out, and what could not be taken along."""

    relations: dict[int, Relation]
    left_out: list[QualifiedName]
    foreign_keys: list[ForeignKey]
    server: Row
    roles: list[Row]
    sequences: list[Row]
    planner: dict[str, str]
    missing: list[str] = field(default_factory=list)


_PLANNER = (
    "work_mem hash_mem_multiplier random_page_cost seq_page_cost cpu_tuple_cost cpu_index_tuple_cost cpu_operator_cost"
    " effective_cache_size effective_io_concurrency default_statistics_target jit jit_above_cost"
    " max_parallel_workers_per_gather parallel_setup_cost parallel_tuple_cost min_parallel_table_scan_size"
    " enable_partitionwise_join enable_partitionwise_aggregate join_collapse_limit from_collapse_limit"
    " maintenance_work_mem max_parallel_maintenance_workers"
)
PLANNER = _PLANNER.split()
"""Settings that decide plans and build times: the copy gets the live server's."""


async def scope_of(
    postgres: Postgres, tables: Sequence[QualifiedName], *, children: bool, writes: bool, trace: list[str]
) -> Scope:
    """Look up what these tables need. Reads the catalogue only.

    Without `writes` that is what reading them takes: no parents of foreign keys, no views upon them, nothing that only
    triggers would touch.

    Raises UnknownObject for a table that is not there, Refused with the GRANT when the role may not read one of them.
    """
    async with postgres.session(trace) as session:
        roots = [await _root(session, table) for table in tables]
        marks = await _closure(session, roots, children, writes)
        started = [oid for oid, mark in marks.items() if mark["start"]]
        named = await _named_by_triggers(session, started, marks) if writes else []
        if named:
            first = marks
            marks = {
                oid: {**mark, "core": False, "start": True}
                for oid, mark in (await _closure(session, named, False, writes)).items()
            }
            marks.update(first)
        oids = sorted(marks)
        columns = {
            row["relation"]: tuple(row["columns"])
            for row in await session.rows(query(_HERE, "columns"), {"scope": oids})
        }
        relations: dict[int, Relation] = {}
        others = await session.row(query(_HERE, "others"), {"scope": oids}) or {}
        left_out = [QualifiedName(*pair) for pair in zip(others["schemas"] or (), others["names"] or (), strict=True)]
        missing: list[str] = []
        for row in await session.rows(query(_HERE, "relations"), {"scope": oids}):
            name = QualifiedName(row["schema"], row["name"])
            mark = marks[row["oid"]]
            if not row["readable"]:
                left_out.append(name)
                if mark["core"]:
                    role = sql.Identifier(postgres.role).as_string()
                    schema = sql.Identifier(name.schema).as_string()
                    grant = f"GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {name} TO {role};"
                    raise Refused(reason=f"the role {postgres.role} may not read {name}", needs=grant)
                missing.append(f"{name}: no SELECT on it")
                continue
            if row["filtered"] and row["kind"] in "rp":
                missing.append(f"{name}: row security hides some of its rows from {postgres.role}")
            if row["kind"] == "f" and writes:
                missing.append(f"{name}: a foreign table of the server {row['server']}, which no copy reaches")
            relations[row["oid"]] = Relation(
                oid=row["oid"],
                name=name,
                kind=row["kind"],
                tree=row["tree"],
                live_rows=_rows(row),
                pages=int(row["pages"]),
                total_bytes=int(row["total_bytes"]),
                core=mark["core"],
                start=mark["start"],
                filtered=row["filtered"],
                columns=columns.get(row["oid"], ()),
            )
        keys = [
            ForeignKey(
                row["name"],
                row["child"],
                row["parent"],
                tuple(row["child_columns"]),
                tuple(row["parent_columns"]),
                tuple(row["types"]),
            )
            for row in await session.rows(query(_HERE, "foreign_keys"), {"scope": sorted(relations)})
        ]
        server = await session.row(query(_HERE, "server"))
        assert server is not None
        settings = await session.rows(query(_HERE, "planner"), {"names": PLANNER})
        return Scope(
            relations=relations,
            left_out=left_out,
            foreign_keys=keys,
            server=server,
            roles=await session.rows(query(_HERE, "roles")),
            sequences=await session.rows(query(_HERE, "sequences"), {"scope": sorted(relations)}),
            planner={row["name"]: row["setting"] for row in settings},
            missing=missing,
        )


async def _root(session: Session, table: QualifiedName) -> int:
    # Not by to_regclass, which fails where the schema may not be used: the refusal names both GRANTs.
    oid = await session.value(
        "SELECT c.oid::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s",
        (table.schema, table.name),
    )
    if oid is None:
        raise UnknownObject(kind="table", name=str(table), next="Check the name, or GRANT USAGE on its schema.")
    return int(oid)


async def _closure(session: Session, roots: Sequence[int], children: bool, writes: bool) -> dict[int, Row]:
    wanted = {"roots": list(roots), "children": children, "writes": writes}
    rows = await session.rows(query(_HERE, "scope"), wanted)
    return {row["oid"]: row for row in rows}


async def _named_by_triggers(session: Session, oids: Sequence[int], known: dict[int, Row]) -> list[int]:
    """Tables that the bodies of trigger functions name: no catalogue records that dependency."""
    rows = await session.rows(query(_HERE, "trigger_sources"), {"scope": list(oids)})
    words = {word.lower() for row in rows for word in WORD.findall(row["source"])}
    if not words:
        return []
    found = await session.rows(query(_HERE, "named"), {"names": sorted(words)})
    return [row["oid"] for row in found if row["oid"] not in known]


def _rows(row: Row) -> int:
    """As the planner estimates: density when last analysed times the pages of today (plancat.c, estimate_rel_size)."""
    if row["reltuples"] < 0 or (row["relpages"] == 0 and row["pages"] > 0):
        return -1
    if row["kind"] not in "rm" or row["relpages"] == 0:
        return int(row["reltuples"])
    return round(float(row["reltuples"]) / int(row["relpages"]) * int(row["pages"]))
