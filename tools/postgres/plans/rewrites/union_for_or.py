"""One SELECT per arm of an OR, put together by UNION ALL without repeating a row."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined"

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums
from pglast.stream import RawStream
from pglast.visitors import Visitor

from tools.postgres.plans.reading import parse_one
from tools.postgres.plans.rewrites.rewrite import Rewrite
from tools.postgres.plans.schema import Schema

_BOOL = enums.BoolExprType


def rewrites(sql: str, _: Schema) -> Iterator[Rewrite]:
    """`sql` with its one top-level OR as a SELECT per arm; each later arm leaves out what earlier arms gave."""
    tree = parse_one(sql)
    if not isinstance(tree, ast.SelectStmt) or not _simple(tree):
        return
    where = tree.whereClause
    parts = list(where.args) if isinstance(where, ast.BoolExpr) and where.boolop == _BOOL.AND_EXPR else [where]
    ors = [part for part in parts if isinstance(part, ast.BoolExpr) and part.boolop == _BOOL.OR_EXPR]
    if len(ors) != 1 or len(ors[0].args) > 5:
        return
    rest = [part for part in parts if part is not ors[0]]
    texts: list[str] = []
    for number, arm in enumerate(ors[0].args):
        before = [
            ast.BooleanTest(arg=each, booltesttype=enums.BoolTestType.IS_NOT_TRUE) for each in ors[0].args[:number]
        ]
        terms = (*rest, arm, *before)
        tree.whereClause = terms[0] if len(terms) == 1 else ast.BoolExpr(boolop=_BOOL.AND_EXPR, args=terms)
        texts.append(str(RawStream()(tree)))
    why = "Each arm can use an index of its own"
    yield Rewrite(" UNION ALL ".join(texts), why, "or-across-columns")


def _simple(tree: Any) -> bool:
    """Whether splitting WHERE splits the rows: no grouping, aggregate, window, limit or order over the whole."""
    over = (tree.groupClause, tree.distinctClause, tree.sortClause, tree.limitCount, tree.limitOffset, tree.op)
    if any(over) or tree.havingClause or tree.withClause or tree.lockingClause or tree.whereClause is None:
        return False
    calls = _Calls()
    for target in tree.targetList or ():
        calls(target)
    return not calls.found


class _Calls(Visitor):
    """Any function call in the output might be an aggregate."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def visit_FuncCall(self, _: Any, node: Any) -> None:
        self.found = True
