"""Statements written differently: one file a kind, and this list.

A rewrite gives the same rows unless it `needs` something; whether it is faster is for a rehearsal to show.
"""

from collections.abc import Callable, Iterator

from tools.postgres.plans.rewrites import (
    drop_materialized,
    exists_for_count,
    keyset,
    not_exists,
    sargable,
    union_for_or,
)
from tools.postgres.plans.rewrites.rewrite import Rewrite
from tools.postgres.plans.schema import Schema

KINDS: tuple[Callable[[str, Schema], Iterator[Rewrite]], ...] = (
    keyset.rewrites,
    not_exists.rewrites,
    sargable.rewrites,
    union_for_or.rewrites,
    drop_materialized.rewrites,
    exists_for_count.rewrites,
)


def rewrites(sql: str, schema: Schema) -> list[Rewrite]:
    """Every way of writing `sql` that may be faster. Raises MalformedSql, SeveralStatements, TooLarge."""
    return [each for kind in KINDS for each in kind(sql, schema)]


__all__ = ["Rewrite", "rewrites"]
