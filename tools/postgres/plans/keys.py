"""Resolving names in a statement: which relation a column belongs to, and which expressions could be index keys."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined"

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pglast import ast
from pglast.stream import RawStream

from tools.postgres.plans.statement import Key

Resolved = tuple[int, Key]


@dataclass
class Source:
    """Something in FROM: its alias and what its columns are (None: not a column of a base table)."""

    alias: str
    columns: dict[str, Resolved | None]


@dataclass
class Scope:
    """The names one level of a statement sees, its own first, then those around it."""

    outer: "Scope | None" = None
    sources: list[Source] = field(default_factory=list)
    ctes: dict[str, dict[str, Resolved | None]] = field(default_factory=dict)

    def below(self) -> "Scope":
        """A scope inside this one."""
        return Scope(self)

    def add(self, source: Source) -> None:
        """Make a source visible."""
        self.sources.append(source)

    def common(self, name: str) -> dict[str, Resolved | None] | None:
        """The columns of the common table expression `name`, or None when there is none."""
        if name in self.ctes:
            return self.ctes[name]
        return self.outer.common(name) if self.outer else None

    def find(self, ref: Any) -> Resolved | None:
        """The column that a reference means, or None."""
        names = [part.sval for part in ref.fields if isinstance(part, ast.String)]
        if not names or len(names) != len(ref.fields):
            return None
        column, alias = names[-1], names[-2] if len(names) > 1 else None
        for source in self.sources:
            if (alias is None or source.alias == alias) and column in source.columns:
                return source.columns[column]
        return self.outer.find(ref) if self.outer else None

    def star(self, ref: Any) -> dict[str, Resolved | None]:
        """The columns that `*` or `alias.*` means."""
        alias = ref.fields[-2].sval if len(ref.fields) > 1 else None
        found: dict[str, Resolved | None] = {}
        for source in self.sources:
            if alias is None or source.alias == alias:
                found.update(source.columns)
        return found


def children(node: Any) -> Iterator[Any]:
    """The nodes directly below one, lists opened."""
    if isinstance(node, (tuple, list)):
        for item in node:
            if isinstance(item, ast.Node):
                yield item
            elif isinstance(item, (tuple, list)):
                yield from children(item)
        return
    for name in node:
        value = getattr(node, name)
        if isinstance(value, ast.Node):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from children(value)


def references(node: Any) -> list[Any]:
    """Every column reference in an expression, subqueries not entered."""
    if isinstance(node, ast.ColumnRef):
        return [node]
    if isinstance(node, ast.SubLink) or node is None:
        return []
    return [ref for child in children(node) for ref in references(child)]


def walk(node: Any) -> Iterator[Any]:
    """The expression's nodes, parents first, subqueries not entered."""
    yield node
    if isinstance(node, ast.SubLink):
        if node.testexpr is not None:
            yield from walk(node.testexpr)
        return
    for child in children(node):
        yield from walk(child)


_UNFIT = (ast.SubLink, ast.ParamRef, ast.SQLValueFunction, ast.GroupingFunc)


def fixed(node: Any) -> bool:
    """Whether an expression can be an index key as far as its shape goes: no subquery, parameter, clock or window."""
    if isinstance(node, _UNFIT) or (isinstance(node, ast.FuncCall) and (node.over or node.agg_star)):
        return False
    if isinstance(node, ast.FuncCall) and node.funcname[-1].sval in _CLOCKS:
        return False
    return all(fixed(child) for child in children(node))


_CLOCKS = frozenset({"now", "random", "clock_timestamp", "statement_timestamp", "count", "sum", "avg", "min", "max"})


def key_of(node: Any, scope: Scope) -> Resolved | None:
    """The relation and key that an expression is, when it is built from columns of one relation only."""
    if isinstance(node, ast.ColumnRef):
        return scope.find(node)
    if isinstance(node, ast.TypeCast) and isinstance(node.arg, ast.ColumnRef):
        column = scope.find(node.arg)
        if column is not None and _no_change(column[1].type, node.typeName):
            return column
    refs = references(node) if isinstance(node, ast.Node) else []
    if not refs or not fixed(node):
        return None
    found = [scope.find(ref) for ref in refs]
    owners = {each[0] for each in found if each and each[1].plain}
    if len(owners) != 1 or not all(found):
        return None
    columns = tuple(dict.fromkeys(column for each in found if each for column in each[1].columns))
    return owners.pop(), Key(bare(node, scope), columns, plain=False)


def _no_change(type_: str, to: Any) -> bool:
    """Whether a cast leaves a column of this type as it is, so that an index on the column serves the expression."""
    name = to.names[-1].sval
    return not to.typmods and not to.arrayBounds and (type_ == name or (type_, name) == ("varchar", "text"))


def bare(node: Any, scope: Scope) -> str:
    """The expression in SQL, its columns written without alias."""
    before = [(ref, ref.fields) for ref in references(node)]
    for ref, _ in before:
        found = scope.find(ref)
        name = found[1].columns[0] if found else ref.fields[-1].sval
        ref.fields = (ast.String(name),)
    try:
        return str(RawStream()(node))
    finally:
        for ref, fields in before:
            ref.fields = fields
