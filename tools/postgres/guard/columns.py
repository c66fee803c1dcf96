"""Relations of which only some columns may be read: settings, statistics, roles, source, texts of statements, and their like.

A second walk, over statements that name one of them. It refuses every way to the columns that may carry a secret: by name,
`*`, the whole row (`SELECT s FROM pg_settings s`, `(s).setting`), functions in attribute notation (`s.row_to_json`), columns
that an alias renames, joins that compare them unnamed. Values of settings may be read where the statement names the settings,
statistics where it names the tables, texts of statements where it keeps to a kind that carries none. Whether such a column
is filled may always be asked.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tools.postgres.guard.names import SECRET_COLUMNS, partly_secret
from tools.postgres.guard.nodes import setting
from tools.postgres.guard.verdict import Refusal

Node = dict[str, Any]
Own = set[tuple[str, str]]
"""Relations with secret columns that a query reads: the name it has for each, and the relation's own."""

_MOST = 20
"""More queries over such relations than anybody puts into one statement: each takes a look of its own."""
_BEFORE_NAMES = ("fromClause", "whereClause", "havingClause")
"""What the server may evaluate before it has looked at the name of a setting."""
_KEYS = {
    "pg_settings": ("name", "vartype"),
    "pg_stats": ("tablename", "schemaname"),
    "pg_stat_activity": ("query", "backend_type"),
    "pg_stat_statements": ("query",),
}
"""The columns that say what a row is about, where that tells whether it can be a secret."""
_NEEDS = {
    "pg_settings": "name the settings, as in WHERE name = 'work_mem', or read other columns",
    "pg_stats": "name the tables, as in WHERE tablename = 'orders', or read other columns",
    "pg_stat_activity": "keep to maintenance, as in WHERE query ILIKE 'vacuum%' or backend_type = 'autovacuum worker', or "
    "read other columns, query_id among them",
    "pg_stat_statements": "keep to statements whose constants the server has replaced, as in WHERE query ILIKE 'select%', or "
    "read other columns, queryid among them",
}
_NO_TEXT = frozenset({"bool", "enum", "integer", "real"})
"""Types of settings that hold no secret."""
_OWN_WORK = frozenset({"autovacuum launcher", "autovacuum worker", "background writer", "checkpointer", "walwriter"})
"""Processes of the server that run nobody's statements. A parallel worker shows its leader's, a background worker any."""
_MAINTENANCE = ("analyze", "autovacuum:", "cluster", "create index", "refresh materialized view", "reindex", "vacuum")
_OPENINGS = {
    "pg_stat_activity": _MAINTENANCE,
    "pg_stat_statements": (*_MAINTENANCE, "delete from", "insert into", "merge into", "select", "update", "with"),
}
"""How texts begin that hold no password: pg_stat_statements replaces the constants of queries, and only of queries
(`ALTER ROLE x PASSWORD 'y'` stays as it was sent)."""
_LIKE = ("AEXPR_LIKE", "AEXPR_ILIKE")
_LIKES = ("~~", "~~*")
_ODD = re.compile(r"\\(?![%_])")
_COMPARED = frozenset({"AEXPR_OP", "AEXPR_IN", "AEXPR_OP_ANY", *_LIKE})
_SYSTEM = frozenset({"ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
_FAMILIES = (
    "autovacuum", "bgwriter", "checkpoint", "commit", "cpu_", "deadlock", "default_", "effective", "enable_", "geqo", "hash_",
    "hot_standby", "idle", "jit", "lock_", "log_", "log", "maintenance", "max_", "max", "min_", "parallel", "random_page",
    "seq_page", "shared_", "statement", "synchronous", "temp_", "track", "vacuum", "wal_", "wal", "work_mem",
)  # fmt: skip
"""How names of PostgreSQL's own settings begin, of which none holds a secret."""


def check(statement: Node) -> None:
    """Raise Refusal when the SELECT `statement` may read a column that carries secrets."""
    found = [(node, own) for node in _nodes(statement) if "fromClause" in node and (own := _own(node["fromClause"]))]
    if len(found) > _MOST:
        raise Refusal("secret", "unknown", f"reads settings, roles or servers in more than {_MOST} places at once")
    free: Own = set()
    arms = [statement]
    for node in arms:
        arms += [node[side] for side in ("larg", "rarg") if side in node]
    for node, own in found:
        top = any(node is arm for arm in arms)
        fixed = {one for one in own if _fixed(node, *one, top=top)}
        for part in _BEFORE_NAMES:
            _refuse(node.get(part, ()), fixed, fixed=True)
        if left := own - fixed:
            free |= left
            _refuse_star(node, left)
    if free:
        _refuse(statement, free)


def _own(clause: list[Node]) -> Own:
    """Such relations of one FROM. Raises Refusal where their columns are renamed."""
    own: Own = set()
    joins: list[Node] = []
    stack: list[Any] = list(clause)
    while stack:
        item = stack.pop()
        if (join := item.get("JoinExpr")) is not None:
            joins.append(join)
            stack += [join[side] for side in ("larg", "rarg") if side in join]
        elif (sample := item.get("RangeTableSample")) is not None:
            stack.append(sample["relation"])
        elif (table := item.get("RangeVar")) is not None:
            alias = table.get("alias", {})
            if (name := partly_secret(table.get("schemaname"), table["relname"])) is not None:
                if "colnames" in alias:
                    raise _refusal(name, "its columns get other names")
                own.add((alias.get("aliasname", table["relname"]), name))
    for join in joins if own else ():
        if join.get("isNatural") or "alias" in join:
            raise _refusal(next(iter(own))[1], "a join hides which of its columns are read")
        for using in join.get("usingClause", ()):
            _column([using["String"].get("sval", "")], own)
    return own


def _fixed(node: Node, alias: str, relation: str, *, top: bool) -> bool:
    """Whether the query's WHERE names the settings, the tables of the statistics or the kind of the statements that it
    reads of this relation, none of them a secret.

    A query within another may be merged with it, and the other's conditions be looked at first if they are cheaper than
    this one: nothing is cheaper than one comparison.
    """
    alone = len(node["fromClause"]) == 1 and "RangeVar" in node["fromClause"][0]
    where = node.get("whereClause", {})
    terms = where["BoolExpr"]["args"] if where.get("BoolExpr", {}).get("boolop") == "AND_EXPR" else [where]
    for term in terms:
        comparison = term.get("A_Expr", {})
        left = _names(comparison.get("lexpr", {}).get("ColumnRef", {}))
        if (left[:-1] != [alias] and not (alone and len(left) == 1)) or left[-1] not in _KEYS.get(relation, ()):
            continue
        if (kind := comparison["kind"]) not in _COMPARED:
            continue
        operator = comparison["name"][0].get("String", {}).get("sval") if len(comparison["name"]) == 1 else None
        right = comparison["rexpr"]
        items = right.get("List", {}).get("items") or right.get("A_ArrayExpr", {}).get("elements") or [right]
        if not top and (kind not in ("AEXPR_OP", "AEXPR_IN") or len(items) > 1):
            continue
        named = [_constant(item) for item in items]
        if all(named) and _harmless(relation, left[-1], kind, operator, [*map(str, named)]):
            return True
    return False


def _harmless(relation: str, column: str, kind: str, operator: str | None, named: list[str]) -> bool:
    """Whether the comparison of the column leaves no row that may be a secret. Raises Refusal where it names one."""
    if column == "query":
        likes = kind in _LIKE or kind == "AEXPR_OP_ANY"
        return likes and operator in _LIKES and all(_opens(pattern, _OPENINGS[relation]) for pattern in named)
    if kind in _LIKE:
        prefix = named[0].lower().split("%")[0].split("\\")[0]
        known = prefix.split("_")[0] and prefix.startswith(_FAMILIES) and "." not in prefix
        return bool(known) and operator in _LIKES and column == "name"
    if column == "vartype":
        return operator == "=" and _NO_TEXT.issuperset(named)
    if column == "backend_type":
        return operator == "=" and _OWN_WORK.issuperset(named)
    if operator == "<>":
        return column == "schemaname" and kind != "AEXPR_OP_ANY" and "pg_catalog" in named
    if operator != "=":
        return False
    for name in named:
        if column == "name":
            setting(name)
        elif name.startswith("pg_"):
            raise Refusal("secret", "unknown", f"the statistics of {name} may hold samples of secrets")
    return True


def _opens(pattern: str, openings: tuple[str, ...]) -> bool:
    """Whether what a LIKE pattern matches begins with one of these words."""
    begin = re.split(r"[%_\\]", pattern.lower(), maxsplit=1)[0]
    return any(re.match(rf"{opening}(?!\w)", begin) for opening in openings)


def _refuse(part: Any, own: Own, *, fixed: bool = False) -> None:
    """Raise Refusal for a reference, anywhere in `part`, that may be to a secret column of these relations.

    `fixed`: `part` stands beside a condition that leaves no secret, so what comes back tells of none: only errors could.
    """
    stack = [part] if own else []
    while stack:
        node = stack.pop()
        if isinstance(node, list | tuple):
            stack.extend(node)
        elif isinstance(node, dict) and not _is_filled(node) and not (fixed and _is_like(node)):
            if "ColumnRef" in node:
                _column(_names(node["ColumnRef"]), own)
            stack.extend(node.values())


def _is_filled(node: Node) -> bool:
    """`column IS NULL`, which says nothing of the value."""
    return "ColumnRef" in node.get("NullTest", {}).get("arg", ())


def _is_like(node: Node) -> bool:
    """`column LIKE 'pattern'`, which never fails: a pattern that ends in a backslash would, on what it matches so far."""
    comparison = node.get("A_Expr", {})
    if "ColumnRef" not in comparison.get("lexpr", ()):
        return False
    right = comparison["rexpr"]
    if comparison["kind"] in ("AEXPR_OP_ANY", "AEXPR_OP_ALL"):
        likes = _strings(comparison["name"])[-1].lstrip("!") in _LIKES
        patterns = [_constant(item) for item in right.get("A_ArrayExpr", {}).get("elements", ())]
    else:
        likes = comparison["kind"] in _LIKE
        patterns = [_constant(right)]
    return likes and bool(patterns) and all(each is not None and not _ODD.search(each) for each in patterns)


def _refuse_star(node: Node, own: Own) -> None:
    for target in node.get("targetList", ()):
        if _names(target.get("ResTarget", {}).get("val", {}).get("ColumnRef", {})) == ["*"]:
            raise _refusal(next(iter(own))[1], "all of its columns are read")


def _column(names: list[str], own: Own) -> None:
    """Raise Refusal when the column reference `names` may be to a secret, or to a whole row, of these relations."""
    last = names[-1]
    for alias, relation in own:
        secret, plain = SECRET_COLUMNS[relation]
        if len(names) == 1 and last == alias:
            raise _refusal(relation, "its rows are read whole")
        if last in secret if len(names) == 1 else names[-2:-1] == [alias] and last not in plain | _SYSTEM:
            raise _refusal(relation, "all of its columns are read" if last == "*" else f"{last} is read")


def _refusal(relation: str, why: str) -> Refusal:
    listed = ", ".join(sorted(SECRET_COLUMNS[relation][0]))
    needs = _NEEDS.get(relation, "name the columns that are wanted, others than these")
    return Refusal("secret", "unknown", f"{relation}: {why}; secrets may stand in {listed}: {needs}")


def _names(reference: Node) -> list[str]:
    """The parts of a ColumnRef, `*` for a star; empty for what is none."""
    return _strings(reference.get("fields", ()))


def _strings(parts: Iterable[Node]) -> list[str]:
    return [part["String"].get("sval", "") if "String" in part else "*" for part in parts]


def _constant(node: Node) -> str | None:
    found: str | None = node.get("A_Const", {}).get("sval", {}).get("sval")
    return found


def _nodes(tree: Any) -> Iterator[Node]:
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list | tuple):
            stack.extend(node)
