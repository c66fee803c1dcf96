"""implicit-cast-defeats-index: the value's type makes PostgreSQL cast the column, and its index is of no use."""

import re
from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import LARGE_ROWS, Look
from tools.postgres.plans.rules.index_text import indexed

_CAST = re.compile(r"\((?:\w+\.)?\"?(\w+)\"?\)::(numeric|double precision|text|timestamp with(?:out)? time zone|real)")
_SAME = {("varchar", "text"), ("text", "text"), ("bpchar", "text"), ("name", "text")}


def check(look: Look) -> Iterator[Finding]:
    """Filters in which an indexed column is cast though the statement does not ask for it."""
    for node in look.nodes:
        table, relation = look.table(node), look.relation(node)
        if table is None or relation is None or look.statement is None or table.rows < LARGE_ROWS:
            continue
        asked = {
            term.key.columns[0] for term in look.statement.terms if term.relation == relation.number and term.key.plain
        }
        for name, to in _CAST.findall(str(node.get("Filter", ""))):
            column = table.columns.get(name)
            if column is None or name not in asked or (column.base, to) in _SAME or not indexed(table, name):
                continue
            yield Finding(
                code="implicit-cast-defeats-index",
                severity=Severity.HIGH,
                object=f"{table.qualified}.{name}",
                summary="{column} is {type} but is compared as {compared_as}: its index cannot be used and {read_rows} "
                "rows are read",
                facts={
                    "column": name,
                    "type": column.type,
                    "compared_as": to,
                    "read_rows": round(look.read_rows(node)),
                    "own_ms": node.exclusive_ms,
                },
                remedy=f"Pass the value as {column.type} (cast the parameter, or bind it with the column's type)",
                wrong_if="the application needs values that {column.type} cannot hold".replace(
                    "{column.type}", column.type
                ),
            )
