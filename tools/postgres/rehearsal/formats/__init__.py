"""Migrations as their tools write or print them, one file a tool, recognised by what is in them and how they are called.

reading = read_as(text, Path("db/V7__orders.sql"))
reading.what, reading.up, reading.down
"""

from pathlib import Path

from tools.postgres.rehearsal.formats import django, flyway, liquibase, pairs, psql, rails, sections
from tools.postgres.rehearsal.formats.reading import Reader, Reading

FORMATS: tuple[Reader, ...] = (
    liquibase.read, sections.read, flyway.read, pairs.read, rails.read, django.read,
)  # fmt: skip
"""The first that recognises a file reads it; what none does is SQL."""


def recognised(text: str, path: Path | None = None) -> Reading | None:
    """What a tool wrote or printed; None for plain SQL and for anything else. Raises InputError as `read_as`."""
    return next((reading for reader in FORMATS if (reading := reader(text, path)) is not None), None)


def read_as(text: str, path: Path | None = None) -> Reading:
    """What this migration is, in SQL. Raises InputError when it is something that cannot be rehearsed."""
    return recognised(text, path) or psql.read(text, path)
