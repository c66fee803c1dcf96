"""Statements kept in named files beside the code that runs them."""

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def query(package: str, name: str) -> LiteralString:
    """The text of `<package>/sql/<name>.sql`; `package` is dotted, usually `__package__` of the caller.

    Raises FileNotFoundError when there is no such file. Typed as a literal because it comes from the checkout, never
    from a user: psycopg then accepts it as a statement.
    """
    return files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
