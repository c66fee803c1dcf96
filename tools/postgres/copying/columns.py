"""Which columns hold personal or card data, and what in them is replaced."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from psycopg import sql

from common.queries import query
from tools.postgres.channel import Row
from tools.postgres.connection import Postgres
from tools.postgres.copying.kinds import NUMBERS, kind_of_name, kind_of_values
from tools.postgres.copying.proofs import is_card
from tools.postgres.rehearsal.scope import Relation, Scope

_HERE = "tools.postgres.copying"
_TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name"})
_INTEGERS = {"int2": 32_767, "int4": 2_147_483_647, "int8": 9_223_372_036_854_775_807}
_NUMBERS = frozenset({*_INTEGERS, "numeric", "float4", "float8"})
_DAYS = frozenset({"date", "timestamp", "timestamptz"})
_LONG_NUMBERS = frozenset({"int8", "numeric"})
"""Types of numbers that may be card numbers."""
_OPAQUE = frozenset({"xml"})
"""Types whose values may hold anything, and cannot be masked."""
_ADDRESSES = frozenset({"inet", "cidr", "macaddr", "macaddr8"})
_DOCUMENTS = frozenset({"json", "jsonb", "hstore"})
_FEW = 200
"""Where no row is read, a text column with at most so many different values, none of them personal, keeps its most common
ones: they are states and codes, which statements name. Values of other texts are made up."""
_LOOK = 300
"""Rows that are looked at where the planner has no statistics."""


_NUMBER = re.compile(r"[\d.]+")
_HEX = re.compile(r"\\x((?:[0-9a-f]{2})+)")
_BLANKS = dict.fromkeys(map(ord, "\t\r\n"), " ")
_BYTES = 2_000
"""Bytes of a value that are looked at."""


@dataclass(frozen=True)
class Column:
    """A column of a live table that may be masked.

    `how`: text, number, day, address, document, bytes, hex, words or nothing (the value becomes NULL, or empty where
    NULL is not allowed); `look`: not personal so far as is known, but e-mail addresses in it are replaced wherever they
    turn up.
    """

    relation: int
    name: str
    how: str
    kind: str
    """What it holds: `email`, `name`, … (kinds.py)."""
    array: bool = False
    most: int | None = None
    required: bool = False
    routes: bool = False
    """Rows find their partition by it."""


@dataclass(frozen=True)
class Personal:
    """What `personal_columns` found, with the planner's statistics it has read."""

    columns: dict[int, dict[str, Column]]
    """By relation and name."""
    facts: dict[tuple[int, str], Row]
    """Type, keys and so on, of every column."""
    statistics: dict[tuple[int, str], Row]

    def masked(self, relation: int) -> dict[str, Column]:
        """The columns whose every value is replaced (documents: in part)."""
        return {name: each for name, each in self.columns.get(relation, {}).items() if each.how != "look"}

    def anchors(self) -> Iterable[str]:
        """Values of the masked columns that the planner knows, in memory only."""
        for (relation, name), row in self.statistics.items():
            column = self.columns.get(relation, {}).get(name)
            if column is not None and column.how in ("text", "number") and not column.array:
                yield from row["common"] or ()
                yield from row["bounds"] or ()


async def personal_columns(
    postgres: Postgres, scope: Scope, trace: list[str], *, rows: bool = True, statistics_of_all: bool = False
) -> Personal:
    """The columns of the tables in scope that hold personal data: by name, by type, by what their values look like.

    Values are those in the planner's statistics; where a table has none, its first rows, if `rows` may be read.
    """
    oids = sorted(scope.relations)
    async with postgres.session(trace) as session:
        facts = await session.rows(query(_HERE, "columns"), {"scope": oids})
        known = await session.rows(query(_HERE, "statistics"), {"scope": oids, "texts": not statistics_of_all})
        statistics = {(row["relation"], row["name"]): row for row in known}
        tables = {each.oid: each for each in scope.relations.values() if each.kind in "rp"}
        found: dict[int, dict[str, Column]] = {}
        unknown: dict[int, list[Row]] = {}
        for fact in facts:
            if fact["relation"] not in tables or fact["generated"]:
                continue
            table = tables[fact["relation"]]
            column = _by_name(table, fact)
            row = statistics.get((table.oid, fact["name"]))
            if column is not None and column.how == "look":
                if row is not None:
                    column = _by_values(column, fact, [*(row["common"] or ()), *(row["bounds"] or ())])
                elif rows and table.kind == "r" and table.live_rows:
                    unknown.setdefault(table.oid, []).append(fact)
            if column is not None and _is_long(fact) and column.how == "look" and not rows:
                continue
            few = row is not None and 0 < row["distinct"] <= _FEW and not _is_bytes(fact)
            if column is not None and column.how == "look" and not rows and not few:
                column = _masked(table.oid, fact, "text")
            if column is not None:
                found.setdefault(table.oid, {})[fact["name"]] = column
        for oid, these in unknown.items():
            names = sql.SQL(", ").join(_shown(each) for each in these)
            sample = await session.rows(
                sql.SQL("SELECT ARRAY[{}] AS found FROM ONLY {} LIMIT {}").format(
                    names, tables[oid].name.identifier, sql.Literal(_LOOK)
                )
            )
            for at, fact in enumerate(these):
                values = [str(row["found"][at]) for row in sample if row["found"][at] is not None]
                found[oid][fact["name"]] = _by_values(found[oid][fact["name"]], fact, values)
    for fact in facts:
        column = found.get(fact["relation"], {}).get(fact["name"])
        if (_is_long(fact) or _is_bytes(fact)) and column is not None and column.how == "look":
            del found[fact["relation"]][fact["name"]]
    for fact in facts:
        # Words of a text search come from the texts beside them.
        beside = found.get(fact["relation"], {})
        if fact["type"] == "tsvector" and not fact["generated"] and any(each.how == "text" for each in beside.values()):
            beside[fact["name"]] = _masked(fact["relation"], fact, "text")
    _along_keys(scope, found, {(fact["relation"], fact["name"]): fact for fact in facts})
    _along_trees(scope, found)
    return Personal(found, {(fact["relation"], fact["name"]): fact for fact in facts}, statistics)


def _by_name(table: Relation, fact: Row) -> Column | None:
    """What name and type say; `look` for what only the values can tell of, None for what cannot be personal."""
    kind = kind_of_name(fact["name"], table.name.name) or (
        kind_of_name(fact["declared"].split(".")[-1])
        if fact["declared"] != fact["type"] and fact["class"] != "e"
        else ""
    )
    type_ = fact["element"] or fact["type"]
    if type_ in _ADDRESSES:
        return _masked(table.oid, fact, kind or "ip")
    if type_ in _DOCUMENTS:
        return _masked(table.oid, fact, kind)
    if type_ in _TEXTS:
        return _masked(table.oid, fact, kind) if kind else _masked(table.oid, fact, "", how="look")
    if fact["class"] == "c" or type_ in _OPAQUE:
        return _masked(table.oid, fact, kind, how="nothing")
    if _is_long(fact) and kind not in NUMBERS and not _pin(fact["name"]):
        return _masked(table.oid, fact, "", how="look")
    if _is_bytes(fact) and not kind:
        return _masked(table.oid, fact, "", how="look")
    if not kind or type_ in ("bool", "oid") or fact["class"] in "er":
        return None
    if type_ in _NUMBERS:
        keyed = fact["key"] and fact["name"].endswith("id")
        return _masked(table.oid, fact, kind) if (kind in NUMBERS or _pin(fact["name"])) and not keyed else None
    if type_ in _DAYS:
        return _masked(table.oid, fact, kind) if kind == "birth" else None
    if type_ == "uuid":
        return _masked(table.oid, fact, kind) if kind == "secret" and not fact["key"] else None
    if type_ in ("interval", "time", "timetz", "tsvector") and kind != "text":
        return _masked(table.oid, fact, kind) if type_ == "tsvector" else None
    return _masked(table.oid, fact, kind)


def _is_long(fact: Row) -> bool:
    return (fact["element"] or fact["type"]) in _LONG_NUMBERS


def _is_bytes(fact: Row) -> bool:
    return bool((fact["element"] or fact["type"]) == "bytea")


def _shown(fact: Row) -> sql.Composed:
    """The value as text; of bytes, which may be many, the first."""
    name = sql.Identifier(fact["name"])
    if _is_bytes(fact) and fact["element"] is None:
        return sql.SQL("substring({} FROM 1 FOR {})::text").format(name, sql.Literal(_BYTES))
    return sql.SQL("{}::text").format(name)


def _pin(name: str) -> bool:
    return name.lower() in ("pin", "otp", "zip", "zipcode", "zip_code", "postcode", "postal_code", "plz", "cep")


def _masked(relation: int, fact: Row, kind: str, how: str = "") -> Column:
    type_ = fact["element"] or fact["type"]
    if not how:
        groups = (
            (_TEXTS, "text"), (_NUMBERS, "number"), (_DAYS, "day"), (_ADDRESSES, "address"), (_DOCUMENTS, "document"),
            ({"bytea"}, "bytes"), ({"uuid"}, "hex"), ({"tsvector"}, "words"),
        )  # fmt: skip
        how = next((name for types, name in groups if type_ in types), "nothing")
    return Column(
        relation, fact["name"], how, kind, array=fact["element"] is not None, most=_INTEGERS.get(type_),
        required=fact["required"], routes=fact["routes"],
    )  # fmt: skip


def _by_values(column: Column, fact: Row, values: Sequence[str]) -> Column:
    kind = kind_of_values(_texts(values) if _is_bytes(fact) else values)
    if _is_long(fact):
        numbers = [each for value in values for each in _NUMBER.findall(value)]
        kind = "card" if numbers and sum(map(is_card, numbers)) * 2 > len(numbers) else ""
    return _masked(column.relation, fact, kind) if kind else column


def _texts(values: Sequence[str]) -> list[str]:
    """Those of these bytes that are texts: what is no valid UTF-8, or has signs that nobody reads, is none."""
    found = []
    for each in (made for value in values for made in _HEX.findall(value)):
        try:
            text = bytes.fromhex(each).decode()
        except ValueError:
            continue
        if text.translate(_BLANKS).isprintable():
            found.append(text)
    return found


def _along_keys(scope: Scope, found: dict[int, dict[str, Column]], facts: dict[tuple[int, str], Row]) -> None:
    """A column that refers to a masked one is masked, and the other way round, so that they still agree."""
    changed = True
    while changed:
        changed = False
        for key in scope.foreign_keys:
            for child, parent in zip(key.child_columns, key.parent_columns, strict=True):
                for one, other in (
                    ((key.child, child), (key.parent, parent)),
                    ((key.parent, parent), (key.child, child)),
                ):
                    column = found.get(one[0], {}).get(one[1])
                    there = found.get(other[0], {}).get(other[1])
                    if column is not None and column.how != "look" and (there is None or there.how == "look"):
                        found.setdefault(other[0], {})[other[1]] = _masked(other[0], facts[other], column.kind)
                        changed = True


def _along_trees(scope: Scope, found: dict[int, dict[str, Column]]) -> None:
    """Partitions of one table are masked alike."""
    trees: dict[tuple[int, str], Column] = {}
    for relation in scope.relations.values():
        for name, column in found.get(relation.oid, {}).items():
            if column.how != "look":
                trees.setdefault((relation.tree, name), column)
    for relation in scope.relations.values():
        for name in relation.columns:
            mine = trees.get((relation.tree, name))
            there = found.get(relation.oid, {}).get(name)
            if mine is not None and (there is None or there.how == "look"):
                found.setdefault(relation.oid, {})[name] = replace(mine, relation=relation.oid)
