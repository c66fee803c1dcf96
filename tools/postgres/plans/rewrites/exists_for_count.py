"""EXISTS instead of counting all rows only to compare with zero."""

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

_SOME = {(">", 0), (">=", 1), ("<>", 0)}
_NONE = {("=", 0), ("<", 1), ("<=", 0)}


def rewrites(sql: str, _: Schema) -> Iterator[Rewrite]:
    """`sql` with each `(SELECT count(*) …) > 0` as EXISTS."""
    tree = parse_one(sql)
    visitor = _Turn()
    visitor(tree)
    if visitor.turned:
        why = "EXISTS stops at the first row; count(*) reads them all"
        yield Rewrite(str(RawStream()(tree)), why, "seq-scan-on-large-table")


class _Turn(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.turned = 0

    def visit_A_Expr(self, _: Any, node: Any) -> Any:
        link, number = node.lexpr, node.rexpr
        if not isinstance(link, ast.SubLink) or link.subLinkType != enums.SubLinkType.EXPR_SUBLINK:
            return None
        if (
            not isinstance(number, ast.A_Const)
            or not isinstance(number.val, ast.Integer)
            or not _counts(link.subselect)
        ):
            return None
        asked = (node.name[-1].sval, number.val.ival or 0)
        if asked not in _SOME | _NONE:
            return None
        self.turned += 1
        link.subLinkType = enums.SubLinkType.EXISTS_SUBLINK
        link.subselect.targetList = (ast.ResTarget(val=ast.A_Const(isnull=False, val=ast.Integer(1))),)
        return link if asked in _SOME else ast.BoolExpr(boolop=enums.BoolExprType.NOT_EXPR, args=(link,))


def _counts(query: Any) -> bool:
    """Whether the query is only `SELECT count(*) FROM …`, one row whatever happens."""
    if any(
        (query.groupClause, query.havingClause, query.limitCount, query.limitOffset, query.op, query.distinctClause)
    ):
        return False
    value = query.targetList[0].val if query.targetList and len(query.targetList) == 1 else None
    if not isinstance(value, ast.FuncCall) or value.over or value.agg_filter or not query.fromClause:
        return False
    return bool(value.agg_star) and value.funcname[-1].sval == "count"
