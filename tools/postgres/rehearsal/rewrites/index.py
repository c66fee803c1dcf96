"""Indexes built, dropped or built anew: CONCURRENTLY, on a partitioned table partition by partition."""

from typing import Any

from pglast import ast
from pglast.enums import ObjectType, ReindexObjectType
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.step import No
from tools.postgres.rehearsal.script import Statement
from tools.postgres.statements import parse


def steps(case: Case, statement: Statement) -> list[str] | No | None:
    """Source: PostgreSQL documentation, CREATE INDEX, DROP INDEX, REINDEX and 5.12.2.2 on partitions."""
    node: Any = statement.node
    if isinstance(node, ast.IndexStmt) and node.relation is not None:
        table = case.table(node.relation)
        if case.new(table):
            return None
        if case.trial.before.catalogue[f"table {table}"]["partition key"]:
            return _partitioned(case, statement, table)
        broken = node.if_not_exists and any(
            each.name == QualifiedName(table.schema, str(node.idxname)) for each in case.invalid_indexes
        )
        if broken:
            # IF NOT EXISTS would find what is left of an earlier attempt and pass over it.
            return [
                f"DROP INDEX CONCURRENTLY IF EXISTS {QualifiedName(table.schema, str(node.idxname))}",
                _with(statement),
            ]
        return [_with(statement)]
    if isinstance(node, ast.DropStmt) and node.removeType == ObjectType.OBJECT_INDEX:
        if node.concurrent:
            return None
        if node.behavior == 1:  # CASCADE
            return No("DROP INDEX … CASCADE cannot be done CONCURRENTLY: drop the constraint that rests on it first")
        lines = []
        for item in node.objects or ():
            fresh: Any = parse(statement.sql)[0].stmt
            fresh.objects, fresh.concurrent = (item,), True
            lines.append(str(RawStream()(fresh)))
        return lines
    if isinstance(node, ast.ReindexStmt):
        if statement.concurrently:
            return None
        if node.kind in (ReindexObjectType.REINDEX_OBJECT_INDEX, ReindexObjectType.REINDEX_OBJECT_TABLE):
            word = "INDEX" if node.kind == ReindexObjectType.REINDEX_OBJECT_INDEX else "TABLE"
            return [f"REINDEX {word} CONCURRENTLY {case.table(node.relation)}"]
        return No("a whole schema or database built anew: do it table by table with REINDEX TABLE CONCURRENTLY")
    return None


def _with(statement: Statement) -> str:
    fresh: Any = parse(statement.sql)[0].stmt
    fresh.concurrent = True
    return str(RawStream()(fresh))


def _partitioned(case: Case, statement: Statement, table: QualifiedName) -> list[str] | No:
    """ON ONLY the parent, then on each partition CONCURRENTLY and attached; the parent's turns valid with the last."""
    facts = case.trial.before.catalogue
    children = [
        name.removeprefix("table ")
        for name, fact in facts.items()
        if name.startswith("table ") and str(table) in (fact["parents"] or ())
    ]
    if any(facts[f"table {child}"]["partition key"] for child in children):
        return No(f"{table} is partitioned in several levels: build the index on the partitions of each level first")
    after = case.trial.after.catalogue
    new = {
        name.removeprefix("index "): fact
        for name, fact in after.items()
        if name.startswith("index ") and name not in facts
    }
    lines: list[str] = []
    own = next((name for name, fact in new.items() if f" ON ONLY {table} " in fact["definition"]), None)
    if own is None:
        return No("what it built could not be found on the copy")
    lines.append(new[own]["definition"])
    for child in children:
        for name, fact in new.items():
            if f" ON {child} " in fact["definition"]:
                lines.append(fact["definition"].replace("INDEX ", "INDEX CONCURRENTLY ", 1))
                lines.append(f"ALTER INDEX {own} ATTACH PARTITION {name}")
    return lines
