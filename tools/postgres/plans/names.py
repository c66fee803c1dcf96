"""Names in SQL: which tables a statement mentions, and how an identifier is written."""

import re

from pglast import ast
from pglast.keywords import RESERVED_KEYWORDS, TYPE_FUNC_NAME_KEYWORDS
from pglast.parser import ParseError
from pglast.visitors import Visitor

from common.errors import MalformedSql
from tools.postgres.statements import explained, parse

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


def quoted(name: str) -> str:
    """`name` as an identifier in SQL, with quotes only where they are needed."""
    if _PLAIN.match(name) and name not in RESERVED_KEYWORDS and name not in TYPE_FUNC_NAME_KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def named(relation: ast.RangeVar) -> str:
    """The relation as SQL names it: `schema.table` or `table`, quoted."""
    parts = [part for part in (relation.schemaname, relation.relname) if part]
    return ".".join(quoted(str(part)) for part in parts)


def tables_in(sql: str) -> set[str]:
    """Every relation the statement mentions, common table expressions left out.

    Raises MalformedSql.
    """
    found = _Tables()
    try:
        found(parse(sql))
    except ParseError as error:
        raise MalformedSql(detail=explained(sql, error)) from error
    return {name for name in found.names if name not in found.ctes}


class _Tables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.ctes: set[str] = set()

    def visit_RangeVar(self, _: object, node: ast.RangeVar) -> None:
        self.names.add(named(node))

    def visit_CommonTableExpr(self, _: object, node: ast.CommonTableExpr) -> None:
        self.ctes.add(quoted(str(node.ctename)))
