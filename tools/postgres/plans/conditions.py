"""Conditions of WHERE and JOIN … ON, taken apart into terms on single relations."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined"

from collections.abc import Callable
from typing import Any

from pglast import ast, enums

from tools.postgres.plans.keys import Resolved, Scope, bare, children, key_of, references
from tools.postgres.plans.statement import Term

Subquery = Callable[[Any, Scope], list[Resolved | None]]
_KIND = enums.A_Expr_Kind
_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>", "&&": "&&", "@>": "<@", "<@": "@>"}
_RANGES = frozenset({"<", ">", "<=", ">="})
_WORDS = {"~~": "like", "!~~": "not like", "~~*": "ilike", "!~~*": "not ilike", "~": "regex", "~*": "regex"}


class Conditions:
    """Takes one condition apart. `arms` and `joins` fill up as terms are read."""

    def __init__(self, scope: Scope, subquery: Subquery) -> None:
        self._scope, self._subquery = scope, subquery
        self.arms: list[tuple[tuple[Term, ...], ...]] = []
        self.joins: set[tuple[int, int]] = set()

    def terms(self, node: Any) -> list[Term]:
        """The terms that must all hold; each OR goes to `arms`."""
        if isinstance(node, ast.BoolExpr):
            return self._boolean(node)
        if isinstance(node, ast.A_Expr):
            return self._comparison(node)
        if isinstance(node, ast.NullTest):
            null = node.nulltesttype == enums.NullTestType.IS_NULL
            return self._single(node.arg, "null" if null else "not null", node)
        if isinstance(node, ast.BooleanTest):
            words = {enums.BoolTestType.IS_TRUE: "true", enums.BoolTestType.IS_FALSE: "false"}
            return self._single(node.arg, words.get(node.booltesttype, "<>"), node)
        if isinstance(node, ast.ColumnRef):
            return self._single(node, "true", node)
        if isinstance(node, ast.SubLink):
            return self._sublink(node)
        return []

    def _boolean(self, node: Any) -> list[Term]:
        if node.boolop == enums.BoolExprType.AND_EXPR:
            return [term for each in node.args for term in self.terms(each)]
        if node.boolop == enums.BoolExprType.OR_EXPR:
            arms = tuple(tuple(self.terms(each)) for each in node.args)
            if all(arms):
                self.arms.append(arms)
            return []
        inner = node.args[0]
        if isinstance(inner, ast.ColumnRef):
            return self._single(inner, "false", node)
        if isinstance(inner, ast.SubLink):
            self.terms(inner)  # NOT EXISTS and NOT IN still look rows up in the subquery
            return []
        self._enter(inner)
        return []

    def _single(self, arg: Any, op: str, node: Any) -> list[Term]:
        found = key_of(arg, self._scope)
        return [Term(found[0], found[1], op, bare(node, self._scope), literal=True)] if found else []

    def _comparison(self, node: Any) -> list[Term]:
        self._enter(node)
        op = node.name[-1].sval if node.name else "="
        left, right = node.lexpr, node.rexpr
        match node.kind:
            case _KIND.AEXPR_IN:
                return self._valued(left, right, "in" if op == "=" else "<>", node)
            case _KIND.AEXPR_BETWEEN | _KIND.AEXPR_BETWEEN_SYM:
                return [term for bound in right for term in self._valued(left, bound, "range", node)]
            case _KIND.AEXPR_LIKE | _KIND.AEXPR_ILIKE:
                return self._valued(left, right, _WORDS.get(op, op), node)
            case _KIND.AEXPR_OP_ANY:
                if key_of(right, self._scope) and not references(left):
                    return self._valued(right, left, "@>" if op == "=" else op, node)
                return self._valued(left, right, "in" if op == "=" else op, node)
            case _KIND.AEXPR_OP:
                return self._operator(left, right, op, node)
        return []

    def _operator(self, left: Any, right: Any, op: str, node: Any) -> list[Term]:
        if isinstance(left, ast.RowExpr) and isinstance(right, ast.RowExpr):
            if op == "=":
                pairs = zip(left.args, right.args, strict=False)
                return [term for one, other in pairs for term in self._operator(one, other, "=", node)]
            return [
                t
                for one, other in zip(left.args, right.args, strict=False)
                for t in self._operator(one, other, op, node)
            ]
        one, other = key_of(left, self._scope), key_of(right, self._scope)
        word = "range" if op in _RANGES else _WORDS.get(op, op)
        if one and other and one[0] != other[0]:
            text = bare(node, self._scope)
            self.joins |= {(one[0], other[0])}
            return [
                Term(one[0], one[1], word, text, joined=other),
                Term(other[0], other[1], word, text, joined=one),
            ]
        if one and not references(right):
            return self._valued(left, right, word, node)
        if other and not references(left):
            mirrored = _MIRROR.get(op, op)
            return self._valued(right, left, "range" if mirrored in _RANGES else _WORDS.get(mirrored, mirrored), node)
        return []

    def _valued(self, key: Any, value: Any, op: str, node: Any) -> list[Term]:
        found = key_of(key, self._scope)
        if found is None or (not isinstance(value, (tuple, list)) and references(value)):
            return []
        text, literal = constant(value)
        return [Term(found[0], found[1], op, bare(node, self._scope), value=text, literal=literal)]

    def _sublink(self, node: Any) -> list[Term]:
        outputs = self._subquery(node.subselect, self._scope)
        if node.subLinkType != enums.SubLinkType.ANY_SUBLINK or node.testexpr is None:
            return []
        found = key_of(node.testexpr, self._scope)
        inner = outputs[0] if len(outputs) == 1 else None
        if not found or not inner:
            return []
        self.joins |= {(found[0], inner[0])}
        text = f"{found[1].text} = {inner[1].text}"
        return [Term(found[0], found[1], "=", text, joined=inner), Term(inner[0], inner[1], "=", text, joined=found)]

    def _enter(self, node: Any) -> None:
        """Read the subqueries inside a comparison."""
        for each in _sublinks(node):
            self._subquery(each.subselect, self._scope)


def _sublinks(node: Any) -> list[Any]:
    if isinstance(node, ast.SubLink):
        return [node]
    return [found for child in children(node) for found in _sublinks(child)]


def constant(node: Any) -> tuple[str | None, bool]:
    """The text of a constant (through casts; a list's first), and whether it is a literal rather than a parameter."""
    if isinstance(node, (tuple, list)):
        values = [constant(each) for each in node]
        return (values[0][0], all(each[1] for each in values)) if values else (None, False)
    if isinstance(node, ast.TypeCast):
        return constant(node.arg)
    if isinstance(node, ast.ParamRef):
        return f"${node.number}", False
    if isinstance(node, ast.A_ArrayExpr):
        return constant(node.elements or ())
    if isinstance(node, ast.A_Const):
        if node.isnull:
            return None, False
        value = node.val
        for name in ("ival", "fval", "sval", "boolval", "bsval"):
            if hasattr(value, name):
                return str(getattr(value, name)), True
    return None, False
