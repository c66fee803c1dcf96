"""not-in-nullable: NOT IN (SELECT …) over a column that can be NULL."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined"

from collections.abc import Iterator

from pglast import ast, enums
from pglast.visitors import Visitor

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look


def check(look: Look) -> Iterator[Finding]:
    """NOT IN over a nullable column: one NULL empties the answer, and no anti-join is possible."""
    if look.statement is None:
        return
    found = _NotIn()
    found(look.statement.tree)
    for name in found.columns:
        for relation in look.statement.relations:
            column = relation.table.columns.get(name)
            if relation.number == 0 or column is None or not column.nullable:
                continue
            yield Finding(
                code="not-in-nullable",
                severity=Severity.MEDIUM,
                object=f"{relation.table.qualified}.{name}",
                summary="NOT IN over {column}, which can be NULL (now in {null_share} of the rows): one NULL makes the "
                "answer empty, and PostgreSQL cannot plan it as an anti-join",
                facts={"column": name, "null_share": column.null_share},
                remedy="NOT EXISTS (SELECT … WHERE inner.column = outer.column), or make the column NOT NULL",
                wrong_if="an empty answer is what is wanted when there is a NULL",
            )
            break


class _NotIn(Visitor):
    """The output columns of subqueries under NOT IN."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: list[str] = []

    def visit_BoolExpr(self, _: object, node: ast.BoolExpr) -> None:
        if node.boolop != enums.BoolExprType.NOT_EXPR or not isinstance(node.args[0], ast.SubLink):
            return
        link = node.args[0]
        if link.subLinkType != enums.SubLinkType.ANY_SUBLINK or not link.subselect.targetList:
            return
        value = link.subselect.targetList[0].val
        if isinstance(value, ast.ColumnRef) and isinstance(value.fields[-1], ast.String):
            self.columns.append(value.fields[-1].sval)
