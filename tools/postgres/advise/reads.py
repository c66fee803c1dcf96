"""A statement as a read: what an UPDATE or DELETE must find, so that it can be costed without the right to write."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined"

from pglast import ast, enums
from pglast.stream import RawStream

from tools.postgres.plans.reading import parse_one


def as_read(sql: str) -> str:
    """A SELECT itself, without FOR UPDATE; for UPDATE and DELETE a SELECT of the rows they touch; for INSERT its SELECT.

    Empty when there is nothing to find (INSERT … VALUES). Raises what parse_one raises.
    """
    tree = parse_one(sql)
    if isinstance(tree, ast.SelectStmt):
        if not tree.lockingClause:
            return sql
        tree.lockingClause = None
        return str(RawStream()(tree))
    if isinstance(tree, ast.InsertStmt):
        query = tree.selectStmt
        return str(RawStream()(query)) if query is not None and query.fromClause else ""
    if not isinstance(tree, (ast.UpdateStmt, ast.DeleteStmt)):
        return ""
    more = (tree.fromClause if isinstance(tree, ast.UpdateStmt) else tree.usingClause) or ()
    # ctid: a change always visits the table, so no index can hold all that is needed.
    alias = tree.relation.alias.aliasname if tree.relation.alias else tree.relation.relname
    row = ast.ColumnRef(fields=(ast.String(alias), ast.String("ctid")))
    found = ast.SelectStmt(
        targetList=(ast.ResTarget(val=row),),
        fromClause=(tree.relation, *more),
        whereClause=tree.whereClause,
        withClause=tree.withClause,
        op=enums.SetOperation.SETOP_NONE,
        limitOption=enums.LimitOption.LIMIT_OPTION_DEFAULT,
    )
    return str(RawStream()(found))
