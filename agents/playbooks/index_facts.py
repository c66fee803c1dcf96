"""What is known of an index beside its counters: its keys, the foreign key it serves, how its column is filled, who reads it."""

import re
from typing import Any

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.words import ref
from common.evidence import Evidence
from tools.postgres.statements import parse
from tools.postgres.words import nearest

_SKEWED = 0.5
"""A value that fills more of the rows than this is not looked up by an index."""
_COUNTED = 200


def keys(index: dict[str, Any]) -> tuple[str, ...]:
    """The columns an index is on, in its order; empty for an expression."""
    from pglast import ast

    statement = parse(str(index["definition"]))[0].stmt
    assert isinstance(statement, ast.IndexStmt)
    return tuple(each.name or "" for each in statement.indexParams or ())


def no_such(indexes: Evidence, question: Question) -> str:
    """That no index has the name that is asked about, with the one that it may be instead."""
    tables = {part for one in indexes.data["indexes"] for part in (one["table"], str(one["table"]).rsplit(".", 1)[-1])}
    asked = next((name for name in question.names if name not in tables), "")
    near = nearest(asked, [str(one["name"]) for one in indexes.data["indexes"]]) if asked else ""
    called = f"named `{asked}`" if asked else "of that name"
    return f"There is no index {called} that this role can see. " + (
        f"Did you mean `{near}`?" if near else "Check the name."
    )


def partial(index: dict[str, Any]) -> bool:
    """Whether it holds only the rows of a condition."""
    from pglast import ast

    statement = parse(str(index["definition"]))[0].stmt
    return isinstance(statement, ast.IndexStmt) and statement.whereClause is not None


def on(indexes: Evidence, table: str, columns: tuple[str, ...]) -> list[int]:
    """The positions of the indexes on exactly these columns of a table (`schema.table`, or bare)."""
    return [
        number
        for number, one in enumerate(indexes.data["indexes"])
        if table in (one["table"], str(one["table"]).rsplit(".", 1)[-1]) and not partial(one) and keys(one) == columns
    ]


async def guarded(brief: Brief, indexes: Evidence, index: dict[str, Any]) -> tuple[str, str]:
    """The foreign key that this index serves and no other one does, in a sentence, and the evidence of it."""
    table = str(index["table"])
    schema = await brief.call("schema", names=[table])
    described = schema.data["tables"] if schema.ok else []
    at = next((number for number, one in enumerate(described) if one["name"] == table), None)
    if at is None or partial(index) or not index["valid"]:
        return "", ""
    others = [
        keys(one)
        for one in indexes.data["indexes"]
        if one["table"] == table and one["name"] != index["name"] and one["valid"] and not partial(one)
    ]
    for number, key in enumerate(described[at]["foreign_keys"]):
        columns = key["columns"]
        mine, *rest = (set(each[: len(columns)]) == set(columns) for each in (keys(index), *others))
        if mine and not any(rest):
            path = f"tables.{at}.foreign_keys.{number}"
            return (
                f"it serves the foreign key {ref(schema, f'{path}.name')}: without it every delete of a row of "
                f"{ref(schema, f'{path}.target')}, and every change of its key, looks through all of `{table}`",
                schema.id,
            )
    return "", ""


async def filled(brief: Brief, table: str, columns: tuple[str, ...]) -> tuple[str, str]:
    """How far the first column is one value, in a sentence, and the evidence of it; empty when it is not."""
    if not columns or not columns[0]:
        return "", ""
    known = await brief.call("table_statistics", tables=[table])
    for number, column in enumerate(known.data["tables"][0]["columns"] if known.ok else ()):
        if column["name"] == columns[0] and column["common_shares"] and column["common_shares"][0] > _SKEWED:
            share = ref(known, f"tables.0.columns.{number}.common_shares.0")
            return (
                f"One value of `{columns[0]}` fills {share} of the rows of `{table}`: an index on that column alone "
                "helps only a statement that looks for another value.",
                known.id,
            )
    return "", ""


async def read_by(brief: Brief, table: str, columns: tuple[str, ...]) -> tuple[str, str]:
    """The statement that names the table and the index's first column and takes the most time, and the evidence."""
    top = await brief.call("top_statements", limit=_COUNTED)
    if not top.ok or not columns or not columns[0]:
        return "", ""
    words = [re.compile(rf"\b{re.escape(one)}\b") for one in (table.rsplit(".", 1)[-1], columns[0])]
    for number, one in enumerate(top.data["statements"]):
        if all(word.search(str(one["statement"])) for word in words):
            at = f"statements.{number}"
            return (
                f"Of the statements counted here that name `{table}` and `{columns[0]}`, this one takes the most time "
                f"(calls: {ref(top, f'{at}.calls')}, {ref(top, f'{at}.total_ms')} in all):"
                f"\n\n```sql\n{ref(top, f'{at}.statement')}\n```",
                top.id,
            )
    return f"None of the statements that are counted here names both `{table}` and `{columns[0]}`.", top.id
