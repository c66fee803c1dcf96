"""Migrations as their tools write or print them, one file a tool, recognised by what is in them and how they are called.

reading = read_as(text, Path("db/V7__orders.sql"))
reading.what, reading.up, reading.down
"""

from pathlib import Path

from tools.postgres.rehearsal.formats import django, flyway, liquibase, pairs, psql, rails, sections
from tools.postgres.rehearsal.formats.reading import Reader, Reading

FORMATS: tuple[Reader, ...] = (
    liquibase.read, sections.read, flyway.read, pairs.read, rails.read, django.read, psql.read,
)  # fmt: skip
"""The first that recognises a file reads it."""


def read_as(text: str, path: Path | None = None) -> Reading:
    """What this migration is, in SQL. Raises InputError when it is something that cannot be rehearsed."""
    found = (reading for reader in FORMATS if (reading := reader(text, path)) is not None)
    return next(found)
