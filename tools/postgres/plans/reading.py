"""Reading a statement: from its parse tree and the schema to relations, conditions, order and columns used."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined"

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pglast import ast, enums
from pglast.parser import ParseError

from common.errors import MalformedSql, SeveralStatements, TooLarge
from tools.postgres.plans.conditions import Conditions
from tools.postgres.plans.keys import Resolved, Scope, Source, children, key_of, walk
from tools.postgres.plans.names import named, quoted
from tools.postgres.plans.schema import Schema, Table
from tools.postgres.plans.statement import Block, Key, Order, Relation, Statement, Term
from tools.postgres.statements import explained, parse

_KINDS = {
    ast.SelectStmt: "select",
    ast.InsertStmt: "insert",
    ast.UpdateStmt: "update",
    ast.DeleteStmt: "delete",
    ast.MergeStmt: "merge",
}


def parse_one(sql: str) -> Any:
    """The tree of the one statement in `sql`, without EXPLAIN around it.

    Raises MalformedSql, SeveralStatements, or TooLarge when it is nested too deeply to be read.
    """
    try:
        parsed = parse(sql)
    except ParseError as error:
        raise MalformedSql(detail=explained(sql, error)) from error
    except RecursionError as error:
        raise TooLarge(what="The statement", size="nested too deeply", limit="some hundred levels") from error
    if len(parsed) != 1:
        raise SeveralStatements(count=len(parsed))
    tree = parsed[0].stmt
    return tree.query if isinstance(tree, ast.ExplainStmt) else tree


def read(sql: str, schema: Schema) -> Statement:
    """What `sql` asks of its tables. Relations that `schema` does not know are left out.

    Raises what parse_one raises.
    """
    tree = parse_one(sql)
    try:
        return _Reading(sql, tree, schema).statement()
    except RecursionError as error:
        raise TooLarge(what="The statement", size="nested too deeply", limit="some hundred levels") from error


@dataclass
class _Level:
    """A block while it is read."""

    scope: Scope
    relations: list[int] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    arms: list[tuple[tuple[Term, ...], ...]] = field(default_factory=list)
    joins: set[tuple[int, int]] = field(default_factory=set)
    extremes: list[Order] = field(default_factory=list)
    windows: list[tuple[tuple[Resolved, ...], tuple[Order, ...]]] = field(default_factory=list)


class _Reading:
    def __init__(self, sql: str, tree: Any, schema: Schema) -> None:
        self._sql, self._tree, self._schema = sql, tree, schema
        self._relations: list[Relation] = []
        self._blocks: list[Block] = []
        self._used: dict[int, set[str]] = defaultdict(set)

    def statement(self) -> Statement:
        kind = _KINDS.get(type(self._tree), "other")
        if kind == "select":
            self._select(self._tree, Scope())
        elif kind in ("update", "delete"):
            self._change(self._tree)
        elif kind == "insert" and self._tree.selectStmt is not None:
            self._select(self._tree.selectStmt, Scope())
        used = {number: frozenset(columns) for number, columns in self._used.items()}
        return Statement(self._sql, self._tree, kind, tuple(self._relations), tuple(self._blocks), used, self._schema)

    def _select(self, node: Any, outer: Scope) -> dict[str, Resolved | None]:
        """Read one SELECT; returns what its columns are, by name."""
        scope = outer.below()
        for cte in node.withClause.ctes if node.withClause else ():
            self._common_table(cte, scope, bool(node.withClause.recursive))
        if node.op != enums.SetOperation.SETOP_NONE:
            columns = self._select(node.larg, scope)
            self._select(node.rarg, scope)
            return dict.fromkeys(columns)
        level = _Level(scope)
        self._from(node.fromClause or (), level)
        self._conditions(node.whereClause, level)
        columns = self._targets(node.targetList or (), level)
        self._expression(node.havingClause, level)
        self._close(node, level)
        return columns

    def _change(self, node: Any) -> None:
        scope = Scope().below()
        for cte in node.withClause.ctes if node.withClause else ():
            self._common_table(cte, scope, bool(node.withClause.recursive))
        level = _Level(scope)
        self._from(
            (node.relation, *(getattr(node, "fromClause", None) or getattr(node, "usingClause", None) or ())), level
        )
        self._conditions(node.whereClause, level)
        for target in getattr(node, "targetList", None) or ():
            self._expression(target.val, level)
        self._block(level)

    def _common_table(self, cte: Any, scope: Scope, recursive: bool) -> None:
        query = cte.ctequery
        if recursive:
            scope.ctes[cte.ctename] = {}
        scope.ctes[cte.ctename] = self._select(query, scope) if isinstance(query, ast.SelectStmt) else {}

    def _from(self, items: Iterable[Any], level: _Level) -> None:
        for item in items:
            self._item(item, level)

    def _item(self, item: Any, level: _Level) -> None:
        if isinstance(item, ast.RangeVar):
            self._relation(item, level)
        elif isinstance(item, ast.RangeSubselect):
            columns = self._select(item.subquery, level.scope)
            level.scope.add(Source(item.alias.aliasname if item.alias else "", columns))
        elif isinstance(item, ast.JoinExpr):
            self._item(item.larg, level)
            left = list(level.scope.sources)
            self._item(item.rarg, level)
            for name in item.usingClause or ():
                self._using(name.sval, left, level)
            self._conditions(item.quals, level)
        else:
            alias = getattr(item, "alias", None)
            level.scope.add(Source(alias.aliasname if alias else "", {}))
            for child in children(item):
                self._expression(child, level)

    def _relation(self, item: Any, level: _Level) -> None:
        alias = item.alias.aliasname if item.alias else item.relname
        known = None if item.schemaname else level.scope.common(item.relname)
        if known is not None:
            level.scope.add(Source(alias, known))
            return
        table = self._schema.table(named(item))
        if table is None:
            level.scope.add(Source(alias, {}))
        elif table.kind == "v" and table.definition:
            columns = self._select(parse_one(table.definition), Scope())
            level.scope.add(Source(alias, columns))
        else:
            number = len(self._relations)
            self._relations.append(Relation(number, alias, table))
            level.relations.append(number)
            level.scope.add(Source(alias, _columns(number, table)))

    def _using(self, name: str, left: list[Source], level: _Level) -> None:
        mine = next((source.columns[name] for source in left if source.columns.get(name)), None)
        other = level.scope.sources[-1].columns.get(name)
        if mine and other:
            self._note(mine, other)
            level.terms += _equal(mine, other)
            level.joins.add((mine[0], other[0]))

    def _conditions(self, node: Any, level: _Level) -> None:
        if node is None:
            return
        found = Conditions(level.scope, self._subquery)
        terms = found.terms(node)
        level.terms += terms
        level.arms += found.arms
        level.joins |= found.joins
        self._expression(node, level, nested=False)

    def _subquery(self, node: Any, scope: Scope) -> list[Resolved | None]:
        return list(self._select(node, scope).values())

    def _targets(self, targets: Iterable[Any], level: _Level) -> dict[str, Resolved | None]:
        columns: dict[str, Resolved | None] = {}
        for number, target in enumerate(targets):
            value = target.val
            if isinstance(value, ast.ColumnRef) and isinstance(value.fields[-1], ast.A_Star):
                columns.update(level.scope.star(value))
                self._note(*(each for each in level.scope.star(value).values() if each))
                continue
            name = target.name or (value.fields[-1].sval if isinstance(value, ast.ColumnRef) else f"?{number}")
            columns[name] = key_of(value, level.scope)
            self._expression(value, level)
        return columns

    def _expression(self, node: Any, level: _Level, nested: bool = True) -> None:
        """Note the columns an expression needs; read subqueries in it (`nested`) unless its conditions were read."""
        if node is None:
            return
        for each in walk(node):
            if isinstance(each, ast.ColumnRef):
                if isinstance(each.fields[-1], ast.A_Star):
                    self._note(*(found for found in level.scope.star(each).values() if found))
                elif found := level.scope.find(each):
                    self._note(found)
            elif isinstance(each, ast.SubLink) and nested:
                self._select(each.subselect, level.scope)
            elif isinstance(each, ast.FuncCall):
                self._call(each, level)

    def _call(self, call: Any, level: _Level) -> None:
        name = call.funcname[-1].sval
        if name in ("min", "max") and call.args and len(call.args) == 1 and not call.over:
            found = key_of(call.args[0], level.scope)
            if found:
                level.extremes.append(Order(found[0], found[1], descending=name == "max"))
        if call.over:
            partition = tuple(filter(None, (key_of(each, level.scope) for each in call.over.partitionClause or ())))
            order = _orders(call.over.orderClause or (), level.scope, ())
            level.windows.append((partition, order))

    def _close(self, node: Any, level: _Level) -> None:
        targets = node.targetList or ()
        distinct = [each for each in node.distinctClause or () if each is not None]
        for item in (*(node.groupClause or ()), *distinct, *(sort.node for sort in node.sortClause or ())):
            self._expression(item, level)
        self._block(
            level,
            order=_orders(node.sortClause or (), level.scope, targets),
            group=_keys(node.groupClause or (), level.scope, targets),
            distinct_on=_keys(distinct, level.scope, targets),
            limited=node.limitCount is not None,
        )

    def _block(self, level: _Level, **shape: Any) -> None:
        self._blocks.append(
            Block(
                relations=tuple(level.relations),
                terms=tuple(level.terms),
                arms=tuple(level.arms),
                windows=tuple(level.windows),
                extremes=tuple(level.extremes),
                joins=tuple(sorted(level.joins)),
                **shape,
            )
        )

    def _note(self, *found: Resolved) -> None:
        for number, key in found:
            self._used[number] |= set(key.columns)


def _columns(number: int, table: Table) -> dict[str, Resolved | None]:
    return {name: (number, Key(quoted(name), (name,), type=each.base)) for name, each in table.columns.items()}


def _equal(one: Resolved, other: Resolved) -> list[Term]:
    text = f"{one[1].text} = {other[1].text}"
    return [Term(one[0], one[1], "=", text, joined=other), Term(other[0], other[1], "=", text, joined=one)]


def _target(node: Any, targets: Iterable[Any]) -> Any:
    """What an item of ORDER BY or GROUP BY stands for: an output column by number or name, or itself."""
    listed = list(targets)
    if isinstance(node, ast.A_Const) and isinstance(node.val, ast.Integer) and 0 < node.val.ival <= len(listed):
        return listed[node.val.ival - 1].val
    if isinstance(node, ast.ColumnRef) and len(node.fields) == 1 and isinstance(node.fields[0], ast.String):
        return next((target.val for target in listed if target.name == node.fields[0].sval), node)
    return node


def _keys(items: Iterable[Any], scope: Scope, targets: Iterable[Any]) -> tuple[Resolved, ...]:
    found = [key_of(_target(item, targets), scope) for item in items]
    return tuple(each for each in found if each) if all(found) else ()


def _orders(items: Iterable[Any], scope: Scope, targets: Iterable[Any]) -> tuple[Order, ...]:
    orders: list[Order] = []
    for item in items:
        found = key_of(_target(item.node, targets), scope)
        if found is None:
            return ()
        descending = item.sortby_dir == enums.SortByDir.SORTBY_DESC
        nulls = {enums.SortByNulls.SORTBY_NULLS_FIRST: True, enums.SortByNulls.SORTBY_NULLS_LAST: False}
        orders.append(Order(found[0], found[1], descending, nulls.get(item.sortby_nulls)))
    return tuple(orders)
