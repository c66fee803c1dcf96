"""Keyset pagination instead of OFFSET."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined"

import re
from collections.abc import Iterator
from typing import Any

from pglast import ast, enums, parse_sql
from pglast.stream import RawStream

from tools.postgres.plans.names import quoted
from tools.postgres.plans.reading import parse_one, read
from tools.postgres.plans.rewrites.rewrite import Rewrite
from tools.postgres.plans.schema import Schema, Table

_DOWN = enums.SortByDir.SORTBY_DESC


def rewrites(sql: str, schema: Schema) -> Iterator[Rewrite]:
    """`sql` asking for the rows after the last one seen, whose sort keys come as parameters."""
    tree = parse_one(sql)
    if not isinstance(tree, ast.SelectStmt) or tree.limitOffset is None or not tree.sortClause or tree.op:
        return
    statement = read(sql, schema)
    if any((tree.groupClause, tree.distinctClause, tree.havingClause)) or len(statement.relations) != 1:
        return
    if isinstance(tree.limitOffset, ast.A_Const) and not (tree.limitOffset.val.ival or 0):
        return
    table = statement.relations[0].table
    directions = {sort.sortby_dir == _DOWN for sort in tree.sortClause}
    names = [_column(sort, table) for sort in tree.sortClause]
    if len(directions) != 1 or not all(names):
        return
    down = directions.pop()
    alias = statement.relations[0].alias
    for name in _key(table):
        if name not in names:
            names.append(name)
            order = parse_sql(f"SELECT 1 ORDER BY {quoted(alias)}.{quoted(name)}{' DESC' if down else ''}")
            tree.sortClause = (*tree.sortClause, *order[0].stmt.sortClause)
    keys_of, like = _before(tree, [quoted(alias) + "." + quoted(str(name)) for name in names])
    first = 1 + max((int(number) for number in re.findall(r"\$(\d+)", sql)), default=0)
    keys = ", ".join(f"{quoted(alias)}.{quoted(str(name))}" for name in names)
    marks = ", ".join(f"${first + number}" for number in range(len(names)))
    after = parse_sql(f"SELECT 1 WHERE ({keys}) {'<' if down else '>'} ({marks})")[0].stmt.whereClause
    both = after if tree.whereClause is None else _both(tree.whereClause, after)
    tree.whereClause, tree.limitOffset = both, None
    needs = (
        f"Pass the last row's {', '.join(str(name) for name in names)} as {marks}; leave the condition out on page one"
    )
    why = "Each page costs the same: the pages before are not read again"
    yield Rewrite(str(RawStream()(tree)), why, "offset-pagination", needs, keys_of, like)


def _before(tree: Any, keys: list[str]) -> tuple[str, str]:
    """The query for the keys of the last row before the page, and the page in the whole order; empty for OFFSET $1."""
    if not isinstance(tree.limitOffset, ast.A_Const):
        return "", ""
    like, page = str(RawStream()(tree)), (tree.targetList, tree.limitCount, tree.limitOffset)
    tree.targetList = parse_sql(f"SELECT {', '.join(keys)}")[0].stmt.targetList
    tree.limitCount = ast.A_Const(isnull=False, val=ast.Integer(1))
    tree.limitOffset = ast.A_Const(isnull=False, val=ast.Integer(tree.limitOffset.val.ival - 1))
    before = str(RawStream()(tree))
    tree.targetList, tree.limitCount, tree.limitOffset = page
    return before, like


def _column(sort: Any, table: Table) -> str:
    """The sort key's column when it is a plain one that cannot be NULL, else empty."""
    node = sort.node
    if not isinstance(node, ast.ColumnRef) or not isinstance(node.fields[-1], ast.String):
        return ""
    column = table.columns.get(node.fields[-1].sval)
    return column.name if column is not None and not column.nullable else ""


def _key(table: Table) -> tuple[str, ...]:
    """The primary key's columns."""
    found = next((index.keys for index in table.indexes if index.primary), ())
    return tuple(key.strip('"') for key in found)


def _both(one: Any, other: Any) -> Any:
    return ast.BoolExpr(boolop=enums.BoolExprType.AND_EXPR, args=(one, other))
