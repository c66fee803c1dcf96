"""The walk over every node of libpg_query's tree: what it does not know ends it, so a new kind of node is refused.

A tree is what `pglast.parser.parse_sql_json` gives: dictionaries whose keys are node types (a capital first) and field
names. A node that a field can only hold in one type comes without its type's name, so fields are known by name too.
"""

import re
from collections.abc import Callable
from typing import Any

from tools.postgres.guard.names import (
    BUILTINS,
    DENIED,
    EXTENSION_FUNCTIONS,
    EXTENSION_SCHEMAS,
    FIELDS,
    OPERATORS,
    Known,
    partly_secret,
    secret,
    words,
)
from tools.postgres.guard.verdict import Name, Refusal

Node = dict[str, Any]

_SAMPLING = frozenset({"bernoulli", "system", "system_rows", "system_time"})
_ANY_RECORD = frozenset(
    f"{kind}_{what}"
    for kind in ("json", "jsonb")
    for what in ("populate_record", "populate_recordset", "to_record", "to_recordset")
)
_SECRET_SETTING = re.compile(
    r"conninfo|passphrase|passw|secret|token|credential|private|jwt|api_?key|encryption|access_?key|signing|_command|(?:^|[._])(?:key|dsn|pwd|pin|salt)$",
    re.IGNORECASE,
)
_ROW_FIELD = re.compile(r"f\d+")

_SYNTAX = words("syntax.txt")
_PLAIN = frozenset(word for word in _SYNTAX if word[0].isupper())
_FIELDS = _SYNTAX - _PLAIN
_SPOKEN = {
    "CheckPointStmt": "CHECKPOINT",
    "CreateStmt": "CREATE TABLE",
    "DefineStmt": "CREATE",
    "IndexStmt": "CREATE INDEX",
    "RefreshMatViewStmt": "REFRESH MATERIALIZED VIEW",
    "RuleStmt": "CREATE RULE",
    "SecLabelStmt": "SECURITY LABEL",
    "VacuumStmt": "VACUUM or ANALYZE",
    "VariableSetStmt": "SET or RESET",
    "VariableShowStmt": "SHOW",
    "ViewStmt": "CREATE VIEW",
}
"""Kinds of statement whose name in the parser is not the one people write."""

_WRITES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})


class Walk:
    """One walk. `relations` and `functions` fill as it goes; Refusal ends it."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.relations: list[Name] = []
        self.functions: list[str] = []
        self.partly_secret = False
        """Whether a relation was met of which only some columns may be read."""
        self._on: dict[str, Callable[[Any], None]] = {
            "FuncCall": self._call,
            "ColumnRef": self._column,
            "A_Indirection": self._indirection,
            "A_Expr": self._expression,
            "RangeVar": self._relation,
            "RangeTableSample": self._sample,
            "operName": self._operator,
            "useOp": self._operator,
        }

    def run(self, tree: Node) -> None:
        """Walk `tree` without recursion. Raises Refusal."""
        on, plain, fields = self._on, _PLAIN, _FIELDS
        stack: list[Any] = [tree]
        push = stack.append
        while stack:
            node = stack.pop()
            if type(node) is list:
                stack.extend(node)
                continue
            for key, value in node.items():
                kind = type(value)
                if key in fields:
                    if kind is dict or kind is list:
                        push(value)
                elif key in plain:
                    push(value)
                elif key in on:
                    on[key](value)
                    push(value)
                else:
                    self._special(key, value)

    def _special(self, key: str, value: Any) -> None:
        """Nodes and fields that mean something of their own, and those that nobody knows."""
        if key in _WRITES:
            raise Refusal("write", "write", f"holds {article(key)}, which changes rows")
        if key == "intoClause":
            raise Refusal("write", "write", "SELECT INTO makes a table")
        if key in ("lockingClause", "LockingClause"):
            raise Refusal("locking", "write", "FOR UPDATE and FOR SHARE lock rows, which writes to the table")
        raise Refusal("unknown-syntax", "unknown", f"holds {key}, which the guard does not know")

    def _call(self, node: Node) -> None:
        names = _strings(node["funcname"])
        self.functions.append(".".join(names))
        if len(names) > 2:
            raise Refusal("unknown-function", "unknown", f"the function {'.'.join(names)} is named with a database")
        name = names[-1]
        schema = names[0] if len(names) == 2 else None
        self._function(schema, name)
        if name == "current_setting" and schema in (None, "pg_catalog"):
            self._setting(node)

    def _function(self, schema: str | None, name: str) -> None:
        """Refuse a function that a read may not call."""
        dotted = name if schema is None else f"{schema}.{name}"
        denied = DENIED.get(name)
        if denied is not None and (schema in (None, "pg_catalog") or not self.known.trusts(schema, name)):
            raise Refusal(denied.code, denied.effect, f"the function {dotted} {denied.why}")
        if self.known.trusts(schema, name):
            return
        if schema is None:
            others = self.known.distrusted(name)
            if others and (name in BUILTINS or name in EXTENSION_FUNCTIONS):
                raise Refusal(
                    "unknown-function",
                    "unknown",
                    f"{name} may be PostgreSQL's own or {others[0]}: write pg_catalog.{name}, "
                    f"or list {others[0]} in DBCREW_TRUSTED_FUNCTIONS",
                )
            if name in BUILTINS or name in EXTENSION_FUNCTIONS:
                return
        elif schema == "pg_catalog":
            if name in BUILTINS:
                return
        elif schema == "information_schema":
            if dotted in BUILTINS:
                return
        elif schema in EXTENSION_SCHEMAS and name in EXTENSION_FUNCTIONS and dotted not in self.known.functions:
            return
        raise Refusal(
            "unknown-function",
            "unknown",
            f"nobody vouches for the function {dotted}: only PostgreSQL's own reads, those of well-known extensions "
            "and those listed in DBCREW_TRUSTED_FUNCTIONS may be called",
        )

    def _setting(self, node: Node) -> None:
        args = node.get("args") or [{}]
        given = args[0].get("TypeCast", {}).get("arg") or args[0]
        name = given.get("A_Const", {}).get("sval", {}).get("sval")
        if name is None:
            raise Refusal("secret", "unknown", "current_setting of a computed name could read a secret")
        setting(name)

    def _column(self, node: Node) -> None:
        """`alias.name` calls the function `name` when the alias has no such column."""
        fields = node["fields"]
        if len(fields) > 1 and "String" in fields[-1]:
            self._attribute(fields[-1]["String"].get("sval", ""))

    def _attribute(self, name: str) -> None:
        denied = DENIED.get(name)
        if denied is not None:
            raise Refusal(denied.code, denied.effect, f".{name} calls the function {name}, which {denied.why}")
        if name == "current_setting":
            raise Refusal("secret", "unknown", ".current_setting could read a secret: write current_setting('name')")
        volatile = self.known.volatile(name)
        if volatile is not None:
            raise Refusal("unknown-function", "unknown", f".{name} may call {volatile}, which is volatile")

    def _indirection(self, node: Node) -> None:
        """`(expression).name`: a field of a row, or a function called on the expression."""
        names = [part["String"].get("sval", "") for part in node.get("indirection", ()) if "String" in part]
        if not names:
            return
        for name in names:
            self._attribute(name)
        arg = node.get("arg", {})
        if "ColumnRef" in arg or "A_Indirection" in arg:
            return
        if "FuncCall" in arg and _strings(arg["FuncCall"]["funcname"])[-1] in _ANY_RECORD:
            return
        if "RowExpr" in arg and all(_ROW_FIELD.fullmatch(name) for name in names):
            return
        for name in names:
            if not ("FuncCall" in arg and name in FIELDS):
                self.functions.append(name)
                self._function(None, name)

    def _expression(self, node: Node) -> None:
        if "BETWEEN" not in node["kind"]:
            self._operator(node["name"])

    def _operator(self, parts: list[Node]) -> None:
        names = _strings(parts)
        if names[-1] in OPERATORS and (len(names) == 1 or names[0] == "pg_catalog" or names[0] in EXTENSION_SCHEMAS):
            return
        shown = names[0] if len(names) == 1 else f"OPERATOR({'.'.join(names)})"
        raise Refusal("unknown-operator", "unknown", f"the operator {shown} calls a function that nobody vouches for")

    def _relation(self, node: Node) -> None:
        schema, name = node.get("schemaname"), node["relname"]
        self.relations.append((schema, name))
        if schema == "pg_toast":
            raise Refusal("secret", "unknown", "pg_toast holds the stored form of other tables, secrets included")
        if partly_secret(schema, name) is not None:
            self.partly_secret = True
        elif secret(schema, name):
            raise Refusal("secret", "unknown", f"{name} holds secrets, files or samples of other roles' rows")

    def _sample(self, node: Node) -> None:
        names = _strings(node["method"])
        trusted = len(names) == 1 or names[0] == "pg_catalog" or names[0] in EXTENSION_SCHEMAS
        if names[-1] not in _SAMPLING or not trusted:
            raise Refusal("unknown-function", "unknown", f"nobody vouches for the sampling method {'.'.join(names)}")


def setting(name: str) -> None:
    """Refuse to read a configuration parameter whose value is a secret."""
    if name.lower() == "all":
        raise Refusal("secret", "unknown", "SHOW ALL shows settings that hold secrets too: name the one that is wanted")
    if _SECRET_SETTING.search(name):
        raise Refusal("secret", "unknown", f"the setting {name} may hold a secret")


def article(kind: str) -> str:
    """`InsertStmt` as `an INSERT`, `AlterTableStmt` as `an ALTER TABLE`."""
    spaced = " ".join(re.findall(r"[A-Z][a-z]+|[A-Z]+(?![a-z])", kind.removesuffix("Stmt"))).upper()
    name = _SPOKEN.get(kind, spaced)
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"


def _strings(parts: list[Node]) -> list[str]:
    return [part["String"].get("sval", "") for part in parts]
