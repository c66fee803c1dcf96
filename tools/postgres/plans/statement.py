"""What a statement asks of its tables: conditions, joins, order, groups, and the columns it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.postgres.plans.schema import Schema, Table


@dataclass(frozen=True, order=True)
class Key:
    """A column or an expression over columns of one table, as an index definition would write it (no alias)."""

    text: str
    columns: tuple[str, ...]
    plain: bool = True
    type: str = field(default="", compare=False)
    """Of a plain column its type's name in pg_type (`int4`, `varchar`)."""


@dataclass(frozen=True)
class Relation:
    """One mention of a base table in a statement."""

    number: int
    alias: str
    table: Table


@dataclass(frozen=True)
class Term:
    """One condition on one relation.

    `op`: `=`, `in`, `range`, `like`, `ilike`, `regex`, `null`, `not null`, `true`, `false`, `<>`, or the operator itself
    (`@>`, `?`, `&&`, `@@`, …). `value` is the literal's text, `$n` for a parameter, or None when it is not constant.
    `joined` is the relation and key on the other side of a join. `text` is the condition in SQL, without aliases.
    """

    relation: int
    key: Key
    op: str
    text: str
    value: str | None = None
    joined: tuple[int, Key] | None = None
    literal: bool = False


@dataclass(frozen=True)
class Order:
    """One key of ORDER BY."""

    relation: int
    key: Key
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True)
class Block:
    """One SELECT (or UPDATE, DELETE) level: its relations, the conditions that must all hold, and its shape.

    `arms`: each OR as its arms, each arm the conditions that hold in it. `order` and `group` are empty when a key is
    not one of a base table's. `windows`: partition keys and order keys. `ranked`: DISTINCT ON or row_number per group.
    """

    relations: tuple[int, ...]
    terms: tuple[Term, ...] = ()
    arms: tuple[tuple[tuple[Term, ...], ...], ...] = ()
    order: tuple[Order, ...] = ()
    group: tuple[tuple[int, Key], ...] = ()
    windows: tuple[tuple[tuple[tuple[int, Key], ...], tuple[Order, ...]], ...] = ()
    extremes: tuple[Order, ...] = ()
    """Arguments of min() and max(), as the order that would find them first."""
    distinct_on: tuple[tuple[int, Key], ...] = ()
    limited: bool = False
    joins: tuple[tuple[int, int], ...] = ()
    """Pairs of relations that some condition connects."""


@dataclass(frozen=True)
class Statement:
    """A statement read against the schema."""

    sql: str
    tree: Any
    """The parsed statement (pglast.ast), without EXPLAIN around it."""
    kind: str
    """select, insert, update, delete, merge or other."""
    relations: tuple[Relation, ...] = ()
    blocks: tuple[Block, ...] = ()
    used: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Columns that the statement needs of each relation."""
    schema: Schema = field(default_factory=Schema)
    bound: frozenset[tuple[int, str]] = frozenset()
    """Relation and key of what the caller compares with a parameter: a value there is one of many."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every condition of every level, those inside OR included."""
        return tuple(
            term
            for block in self.blocks
            for term in (*block.terms, *(t for arms in block.arms for arm in arms for t in arm))
        )

    def relation(self, alias: str) -> Relation | None:
        """The relation called `alias` in the statement (or by its table's name), when there is only one."""
        found = [each for each in self.relations if alias in (each.alias, each.table.name, each.table.qualified)]
        return found[0] if len(found) == 1 else None
