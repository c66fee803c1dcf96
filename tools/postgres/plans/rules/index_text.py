"""Comparing expressions as PostgreSQL prints them in plans and index definitions."""

import re

from tools.postgres.plans.schema import Index, Table

_ADDED = re.compile(r"::(?:text|character varying|bpchar)(?:\[\])?|cast\(|\sas\s(?:text|date)\)|[()\s\"]")


def bare(expression: str) -> str:
    """An expression without casts to text, parentheses, spaces and case."""
    return _ADDED.sub("", expression.lower().replace("pg_catalog.", ""))


def serves(index: Index, expression: str) -> bool:
    """Whether the index begins with the expression."""
    return index.valid and bool(index.keys) and bare(index.keys[0]) == bare(expression)


def indexed(table: Table, column: str) -> bool:
    """Whether some valid btree begins with the column."""
    return any(index.method == "btree" and serves(index, column) for index in table.indexes)
