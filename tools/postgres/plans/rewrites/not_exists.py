"""NOT EXISTS instead of NOT IN (SELECT …)."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined"

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums
from pglast.stream import RawStream
from pglast.visitors import Visitor

from tools.postgres.plans.reading import parse_one, read
from tools.postgres.plans.rewrites.rewrite import Rewrite
from tools.postgres.plans.schema import Schema

_BOOL, _LINK = enums.BoolExprType, enums.SubLinkType


def rewrites(sql: str, schema: Schema) -> Iterator[Rewrite]:
    """`sql` with each NOT IN over a plain subquery as NOT EXISTS.

    The rows are the same only when neither side can be NULL, which the schema must say.
    """
    tree = parse_one(sql)
    visitor = _Turn()
    visitor(tree)
    if not visitor.columns:
        return
    statement = read(sql, schema)
    known = {name: column for r in statement.relations for name, column in r.table.columns.items()}
    sure = all(name in known and not known[name].nullable for name in visitor.columns)
    yield Rewrite(
        str(RawStream()(tree)),
        "NOT EXISTS can be planned as an anti-join; NOT IN cannot, because of what it does with NULL",
        "not-in-nullable",
        "" if sure else "NULLs no longer empty the answer: rows are the same only while neither side holds a NULL",
    )


class _Turn(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.columns: list[str] = []

    def visit_BoolExpr(self, _: Any, node: Any) -> Any:
        link = node.args[0] if node.boolop == _BOOL.NOT_EXPR else None
        if not isinstance(link, ast.SubLink) or link.subLinkType != _LINK.ANY_SUBLINK or link.operName:
            return None
        query, outer = link.subselect, link.testexpr
        value = query.targetList[0].val if query.targetList and len(query.targetList) == 1 else None
        simple = not any((query.groupClause, query.distinctClause, query.limitCount, query.limitOffset, query.op))
        if not isinstance(value, ast.ColumnRef) or not isinstance(outer, ast.ColumnRef) or not simple:
            return None
        if len(outer.fields) < 2 or not query.fromClause or len(query.fromClause) != 1:
            return None  # an unqualified outer column might be caught by the subquery's own
        source = query.fromClause[0]
        if not isinstance(source, ast.RangeVar) or len(value.fields) > 2:
            return None
        alias = source.alias.aliasname if source.alias else source.relname
        inner = ast.ColumnRef(fields=(ast.String(alias), value.fields[-1]))
        equal: Any = ast.A_Expr(kind=enums.A_Expr_Kind.AEXPR_OP, name=(ast.String("="),), lexpr=inner, rexpr=outer)
        both = equal
        if query.whereClause is not None:
            both = ast.BoolExpr(boolop=_BOOL.AND_EXPR, args=(query.whereClause, equal))
        query.whereClause = both
        query.targetList = (ast.ResTarget(val=ast.A_Const(isnull=False, val=ast.Integer(1))),)
        link.subLinkType, link.testexpr = _LINK.EXISTS_SUBLINK, None
        self.columns += [value.fields[-1].sval, outer.fields[-1].sval]
        return None
