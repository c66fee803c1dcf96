"""The guard: may this one statement run on a live engine?"""

import re
from typing import Any

import orjson
from pglast.parser import ParseError, parse_sql_json, scan

from tools.postgres.guard import columns
from tools.postgres.guard.names import Known
from tools.postgres.guard.nodes import Walk, article, setting
from tools.postgres.guard.verdict import Effect, Refusal, Verdict
from tools.postgres.statements import RUNAWAY, explained

MAX_BYTES = 1_000_000
"""Longest statement judged, in bytes of UTF-8: an IN-list of 100,000 numbers fits."""

_OLD_STRINGS = 20

_NOTHING_KNOWN = Known()

_SESSION = frozenset(
    {"VariableSetStmt", "DiscardStmt", "ListenStmt", "UnlistenStmt", "LoadStmt", "PrepareStmt", "DeallocateStmt"}
)
_CURSOR = frozenset({"DeclareCursorStmt", "FetchStmt", "ClosePortalStmt"})
_RUNS_CODE = frozenset({"DoStmt", "CallStmt", "ExecuteStmt"})


def judge(sql: str, known: Known = _NOTHING_KNOWN) -> Verdict:
    """Whether `sql` is one statement that only reads rows, as far as its text can show. Never raises.

    Holds alone: it reckons with a superuser's connection outside any transaction. What it takes from the server is that
    names resolve as usual (no schema put before pg_catalog in `search_path`) and that operators, casts, views, row
    policies and input functions of user types do what they are for. `known` adds what a live database says of its own
    functions; without it, `alias.name` and `(column).name` are taken for columns, which is what they are unless someone
    made a function of that name for the row or the column's type.
    """
    tree = _parse(sql)
    if isinstance(tree, Verdict):
        return tree
    verdict = _judge_tree(tree, known)
    if verdict.allowed and "\\'" in sql:
        # With standard_conforming_strings off, \' does not end a string: the server would see something else.
        return _judge_escaped(sql, known) or verdict
    return verdict


def proven_read(sql: str, known: Known = _NOTHING_KNOWN) -> Verdict:
    """As `judge`, for the statement below an EXPLAIN ANALYZE: EXPLAIN and SHOW are not statements one can time."""
    verdict = judge(sql, known)
    if verdict.allowed and verdict.kind != "SelectStmt":
        return Verdict(False, "unknown", "not-a-query", f"{article(verdict.kind)} is no query", verdict.kind)
    return verdict


def _judge_escaped(sql: str, known: Known) -> Verdict | None:
    """The refusal of `sql` as a server with standard_conforming_strings off reads it, or None when it has none."""
    escaped = _as_old_strings(sql)
    if escaped is None:
        return _refused("ambiguous", "holds \\' in many plain strings, which not every server reads alike: write E'…'")
    tree = _parse(escaped)
    if isinstance(tree, Verdict):
        return tree if tree.code not in ("malformed", "empty") else None
    verdict = _judge_tree(tree, known)
    if verdict.allowed:
        return None
    reason = f"a server with standard_conforming_strings off would read this differently: {verdict.reason}"
    return Verdict(False, verdict.effect, "ambiguous", reason, verdict.kind)


def _parse(sql: str) -> dict[str, Any] | Verdict:
    """The tree, or why there is none."""
    if len(sql) > MAX_BYTES:
        return _refused("too-large", f"longer than {MAX_BYTES:,} bytes")
    if "\0" in sql:
        return _refused("malformed", "holds a NUL byte, which PostgreSQL cannot take")
    try:
        size = len(sql.encode())
    except UnicodeEncodeError:
        return _refused("malformed", "holds half a character (a lone surrogate), which UTF-8 cannot carry")
    if size > MAX_BYTES:
        return _refused("too-large", f"longer than {MAX_BYTES:,} bytes")
    if RUNAWAY.search(sql):
        return _refused("too-deep", "holds a run of more than a thousand operator characters")
    try:
        text = parse_sql_json(sql)
    except ParseError as error:
        detail = explained(sql, error)
        if "stack depth" in detail or "memory exhausted" in detail:
            return _refused("too-deep", "nested or chained deeper than the parser follows")
        return _refused("malformed", f"not valid SQL: {detail}")
    try:
        return orjson.loads(text)  # type: ignore[no-any-return]
    except orjson.JSONDecodeError as error:
        if "recursion" in str(error).lower() or "depth" in str(error).lower():
            return _refused("too-deep", "nested or chained deeper than the guard follows")
        return _refused("malformed", "the parser's answer cannot be read: some text in it is not valid Unicode")


def _judge_tree(tree: dict[str, Any], known: Known) -> Verdict:
    statements = tree.get("stmts", ())
    if len(statements) != 1:
        if not statements:
            return _refused("empty", "there is no statement in it")
        return _refused("several-statements", f"{len(statements)} statements where one may run: send them one by one")
    node = statements[0]["stmt"]
    kind = next(iter(node))
    walk = Walk(known)
    try:
        _statement(kind, node[kind], walk)
    except Refusal as refusal:
        return Verdict(
            False, refusal.effect, refusal.code, refusal.reason, kind, tuple(walk.relations), tuple(walk.functions)
        )
    return Verdict(True, "read", "ok", "only reads", kind, tuple(walk.relations), tuple(walk.functions))


def _statement(kind: str, node: dict[str, Any], walk: Walk) -> None:
    """Raises Refusal unless the statement is a read."""
    if kind == "SelectStmt":
        _query(node, walk)
    elif kind == "ExplainStmt":
        _explain(node, walk)
    elif kind == "VariableShowStmt":
        setting(node["name"])
    else:
        raise _other(kind)


def _explain(node: dict[str, Any], walk: Walk) -> None:
    """Whatever the options say, ANALYZE included: what is explained must be a read.

    Plain EXPLAIN runs nothing but IMMUTABLE functions of constants, so for a query it is never more than the query.
    """
    query = node["query"]
    kind = next(iter(query))
    if kind != "SelectStmt":
        refusal = _other(kind)
        raise Refusal(refusal.code, refusal.effect, f"EXPLAIN of {article(kind)}: only queries are explained here")
    _query(query[kind], walk)


def _query(node: dict[str, Any], walk: Walk) -> None:
    walk.run(node)
    if walk.partly_secret:
        columns.check(node)


def _other(kind: str) -> Refusal:
    name = article(kind)
    if kind in _SESSION:
        return Refusal("session-change", "unknown", f"{name} changes the session, which outlives the statement")
    if kind == "TransactionStmt":
        return Refusal("transaction", "unknown", "transaction control would end the read-only transaction")
    if kind == "CopyStmt":
        return Refusal("copy", "write", "COPY moves rows or files past the guard")
    if kind in _RUNS_CODE:
        return Refusal("runs-code", "unknown", f"{name} runs code that its text does not show")
    if kind in _CURSOR:
        return Refusal("cursor", "unknown", f"{name} works on a cursor, which outlives the statement")
    if kind == "LockStmt":
        return Refusal("locking", "write", "LOCK TABLE holds other sessions up")
    if kind == "ExplainStmt":
        return Refusal("unknown-syntax", "unknown", "EXPLAIN of an EXPLAIN")
    if re.fullmatch(r"[A-Z]\w+Stmt", kind):
        return Refusal("write", "write", f"{name} changes the database")
    return Refusal("unknown-syntax", "unknown", f"{kind} is a statement the guard does not know")


def _as_old_strings(sql: str) -> str | None:
    """`sql` with E before every plain string that `\\'` may end or not, lexed as with standard_conforming_strings off.

    None when there are more of them than anybody writes: each one takes a scan.
    """
    start = 0
    for _ in range(_OLD_STRINGS):
        try:
            tokens = scan(sql)
        except ParseError:
            return sql
        found = next((t for t in tokens if t.start >= start and _ambiguous(sql[t.start : t.end + 1])), None)
        if found is None:
            return sql
        sql = f"{sql[: found.start]} E{sql[found.start :]}"
        start = found.start + 2
    return None


def _ambiguous(token: str) -> bool:
    return token[0] == "'" and "\\'" in token


def _refused(code: str, reason: str, effect: Effect = "unknown") -> Verdict:
    return Verdict(False, effect, code, reason)
