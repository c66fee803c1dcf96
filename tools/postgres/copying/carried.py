"""The live server's statistics on their way to the copy: what they hold of masked columns is masked too."""

import re
from collections.abc import Mapping
from dataclasses import replace

from pglast import parser
from psycopg import sql

from tools.postgres.copying.cells import Cells
from tools.postgres.copying.columns import Column

_VALUES = ("most_common_vals", "histogram_bounds", "most_common_elems")
_ATTRIBUTE = "pg_restore_attribute_stats"


def carried(statement: str, tables: Mapping[tuple[str, str], Mapping[str, Column]], cells: Cells) -> str | None:
    """A statement of `pg_dump --statistics-only` (18) with the values in it masked; None when it must stay behind.

    `tables`: every table's columns that may hold personal data, by schema and name. Statistics of an expression's
    index stay behind: which columns went into their values is not said.
    """
    if _ATTRIBUTE not in statement:
        return statement
    # Bytes that are no UTF-8, of a SQL_ASCII server: a bound of a histogram need not be one of its values to the letter.
    statement = statement.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    strings = [token for token in parser.scan(statement) if token.name == "SCONST"]
    named = {_string(statement, name): value for name, value in zip(strings[::2], strings[1::2], strict=False)}
    if "attname" not in named:
        return None
    schema, table, name = (_string(statement, named[each]) for each in ("schemaname", "relname", "attname"))
    if (schema, table) not in tables:
        return None
    column = tables[schema, table].get(name)
    if column is None or (column.how == "look" and "@" not in statement):
        return statement
    if column.how not in ("text", "number", "day", "hex"):
        return None
    values = sorted(((named[each], each) for each in _VALUES if each in named), key=lambda each: -each[0].start)
    way = cells.of(replace(column, array=False))
    for token, each in values:
        made = cells.elements(_string(statement, token), way, rising=each == "histogram_bounds" and column.how == "day")
        statement = statement[: token.start] + sql.Literal(made).as_string().strip() + statement[token.end + 1 :]
    return statement


def _string(statement: str, token: parser.Token) -> str:
    text = statement[token.start : token.end + 1]
    if text[0] in "eE":
        return re.sub(r"\\(.)|''", lambda found: found[1] or "'", text[2:-1])
    return text[1:-1].replace("''", "'")
