"""Views in the way of an ALTER TABLE: dropped and made again around it, where that leads to the end."""

import re
from collections.abc import Iterator
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, SetOperation
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.recreate import definition
from tools.postgres.rehearsal.rewrites.step import ident
from tools.postgres.rehearsal.script import Statement, walk
from tools.postgres.statements import parse

_KINDS = {"view ": "VIEW", "materialised view ": "MATERIALIZED VIEW"}
_OTHER = re.compile(r"(function|constraint|trigger|policy|default value) .+ depends on", re.IGNORECASE)


def around(case: Case, statement: Statement, said: str) -> str:
    """What to do about what depends on it. Statements are given only where they run: those of a view that keeps all it
    reads, or that names a dropped column once, as one of the columns it shows."""
    node: Any = statement.node
    commands = list(node.cmds or ()) if isinstance(node, ast.AlterTableStmt) and node.relation is not None else []
    dropped = [str(each.name) for each in commands if each.subtype == AlterTableType.AT_DropColumn]
    retyped = [str(each.name) for each in commands if each.subtype == AlterTableType.AT_AlterColumnType]
    found = _upon(case, case.table(node.relation).name, [*dropped, *retyped]) if dropped or retyped else {}
    if not found or _OTHER.search(said):
        return (
            "Drop first what depends on it, and make again, in the same transaction, what can do without what is gone."
        )
    names = ", ".join(key.partition("view ")[2] for key in found)
    again: list[str] = []
    for key in found:
        made = _made_again(case, key, [each for each in dropped if each in found[key]])
        if made is None:
            gone = ", ".join(ident(each) for each in dropped)
            return (
                f"Rewrite what uses it without {gone}: {names}. In one transaction with this statement: DROP VIEW of"
                f" each, the statement, CREATE VIEW of each without {gone}. Whoever reads {gone} there must know first."
            )
        again += made
    drops = [f"DROP {_word(key)} {key.partition('view ')[2]}" for key in reversed(found)]
    less = f"; {names} without {', '.join(ident(each) for each in dropped)}" if dropped else ""
    return (
        "; ".join(["BEGIN", *drops, statement.sql, *again, "COMMIT"]) + f"; -- and its rights and comments again{less}"
    )


def _upon(case: Case, table: str, columns: list[str]) -> dict[str, set[str]]:
    """Views that name a column of a table, and those that read such a view, each after what it reads; with the columns
    of these that it names."""
    views = {
        key: fact["definition"]
        for key, fact in case.trial.before.catalogue.items()
        if key.startswith(tuple(_KINDS)) and fact["definition"]
    }
    read: dict[str, set[str]] = {}
    named: dict[str, set[str]] = {}
    for key, text in views.items():
        nodes = walk(parse(text)[0].stmt)
        read[key] = {str(each.relname) for each in nodes if isinstance(each, ast.RangeVar)}
        named[key] = {each for each in columns if re.search(rf"\b{re.escape(each)}\b", text)}
    found = {key: named[key] for key in views if table in read[key] and named[key]}
    grown = True
    while grown:
        tails = {_tail(key) for key in found}
        more = {key: named[key] for key in views if key not in found and read[key] & tails}
        found |= more
        grown = bool(more)
    return dict(_in_order(found, read))


def _in_order(found: dict[str, set[str]], read: dict[str, set[str]]) -> Iterator[tuple[str, set[str]]]:
    left = dict(found)
    while left:
        first = next(key for key in left if not read[key] & {_tail(other) for other in left if other != key})
        yield first, left.pop(first)


def _tail(key: str) -> str:
    return key.rpartition(".")[2].strip('"')


def _word(key: str) -> str:
    return next(word for kind, word in _KINDS.items() if key.startswith(kind))


def _made_again(case: Case, key: str, gone: list[str]) -> list[str] | None:
    """The statements that make a view again without columns that are gone; None when nobody can tell what it would be."""
    fact, name = case.trial.before.catalogue[key], key.partition("view ")[2]
    if gone:
        text = _without(fact["definition"], gone)
        if text is None:
            return None
        fact = fact | {"definition": text}
    indexes = [
        each["definition"]
        for other, each in case.trial.before.catalogue.items()
        if other.startswith("index ") and each["table"] == name
    ]
    if gone and indexes:
        return None
    return [f"CREATE {_word(key)} {definition(name, fact)}", *indexes]


def _without(text: str, gone: list[str]) -> str | None:
    """A view's query without columns that it only shows; None when it uses one for more than that."""
    query: Any = parse(text)[0].stmt
    if query.op != SetOperation.SETOP_NONE or query.distinctClause or query.groupClause or query.sortClause:
        return None
    for column in gone:
        if len(re.findall(rf"\b{re.escape(column)}\b", text)) != 1:
            return None
        shown = [each for each in query.targetList if not _is(each, column)]
        if len(shown) != len(query.targetList) - 1 or not shown:
            return None
        query.targetList = tuple(shown)
    return str(RawStream()(query))


def _is(target: Any, column: str) -> bool:
    fields = target.val.fields or () if isinstance(target.val, ast.ColumnRef) else ()
    return bool(fields) and getattr(fields[-1], "sval", None) == column
