"""What one statement asks of one of its tables, gathered for index design."""

from dataclasses import dataclass, field, replace

from tools.postgres.plans.statement import Key, Order, Relation, Statement, Term

_EQUAL = frozenset({"=", "in", "true", "false"})
_INDEXABLE = frozenset({"r", "p", "m"})
_NO_ORDER = frozenset({"json", "xml", "point", "box", "polygon", "path", "circle", "line", "lseg", "jsonb", "tsvector"})
_SMALL_BYTES = 65_536
"""A table of a few pages is read whole whatever indexes it has."""


@dataclass(frozen=True)
class Shape:
    """The conditions on one relation: equality, joins, ranges, the rest; and the order that is wanted of it."""

    relation: Relation
    equal: tuple[Term, ...] = ()
    joins: tuple[Term, ...] = ()
    ranges: tuple[Term, ...] = ()
    others: tuple[Term, ...] = ()
    orders: tuple[tuple[Order, ...], ...] = ()
    used: frozenset[str] = frozenset()
    arm: bool = False
    """Whether this is one arm of an OR."""
    ranked: tuple[tuple[Order, ...], ...] = field(default=())
    """Orders that find the first rows of each group (DISTINCT ON, row_number)."""
    extremes: tuple[Order, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """Equality keys, the most selective first, each once."""
        return tuple(dict.fromkeys(sorted((term.key for term in self.equal), key=self._rank)))

    @property
    def join_keys(self) -> tuple[Key, ...]:
        """Join keys, each once."""
        return tuple(dict.fromkeys(sorted((term.key for term in self.joins), key=self._rank)))

    @property
    def range_keys(self) -> tuple[Key, ...]:
        """Range keys, each once."""
        return tuple(dict.fromkeys(sorted(term.key for term in self.ranges)))

    def _rank(self, key: Key) -> tuple[float, str]:
        columns = self.relation.table.columns
        distinct = columns[key.columns[0]].distinct if key.columns and key.columns[0] in columns else 0.0
        return (-distinct, key.text)


def shapes(statement: Statement) -> list[Shape]:
    """One shape per relation that could have an index, and one per arm of each OR on it."""
    found: list[Shape] = []
    for relation in statement.relations:
        if relation.table.kind not in _INDEXABLE or relation.table.temporary:
            continue
        if relation.table.analysed and relation.table.size_bytes <= _SMALL_BYTES:
            continue
        base = _shape(statement, relation)
        found.append(base)
        for block in statement.blocks:
            for arms in block.arms:
                for arm in arms:
                    mine = [term for term in arm if term.relation == relation.number]
                    if mine:
                        found.append(_with(replace(base, arm=True), _free(statement, mine)))
    return found


def _shape(statement: Statement, relation: Relation) -> Shape:
    number = relation.number
    terms = [term for block in statement.blocks for term in block.terms if term.relation == number]
    orders: list[tuple[Order, ...]] = []
    ranked: list[tuple[Order, ...]] = []
    extremes: list[Order] = []
    for block in statement.blocks:
        wanted = tuple(order for order in block.order)
        if wanted and all(order.relation == number for order in wanted):
            (ranked if block.distinct_on else orders).append(wanted)
        elif wanted and wanted[0].relation == number and block.limited:
            orders.append((wanted[0],))
        group = tuple(Order(owner, key) for owner, key in block.group)
        if group and all(order.relation == number for order in group):
            orders.append(group)
        for partition, inner in block.windows:
            whole = (*(Order(owner, key) for owner, key in partition), *inner)
            if whole and all(order.relation == number for order in whole):
                ranked.append(whole)
        extremes += [order for order in block.extremes if order.relation == number]
    base = Shape(
        relation,
        orders=tuple(dict.fromkeys(orders)),
        ranked=tuple(dict.fromkeys(ranked)),
        extremes=tuple(dict.fromkeys(extremes)),
        used=statement.used.get(number, frozenset()),
    )
    return _with(base, _free(statement, terms))


def _free(statement: Statement, terms: list[Term]) -> list[Term]:
    """The terms, those that stand for a parameter no longer literal: their value is one of many."""
    return [replace(t, literal=False) if (t.relation, t.key.text) in statement.bound else t for t in terms]


def _with(shape: Shape, terms: list[Term]) -> Shape:
    equal, joins, ranges, others = list(shape.equal), list(shape.joins), list(shape.ranges), list(shape.others)
    for term in terms:
        if not _ordered(shape.relation, term.key):
            others.append(term)
        elif term.op == "=" and term.joined:
            joins.append(term)
        elif term.op in _EQUAL:
            equal.append(term)
        elif term.op == "range":
            ranges.append(term)
        else:
            others.append(term)
    return replace(shape, equal=tuple(equal), joins=tuple(joins), ranges=tuple(ranges), others=tuple(others))


def _ordered(relation: Relation, key: Key) -> bool:
    """Whether a btree can hold the key: its type has an order that is of use."""
    column = relation.table.columns.get(key.columns[0]) if key.plain and key.columns else None
    return column is None or (column.base not in _NO_ORDER and column.category not in ("A", "G"))
