"""A migration file: its statements, numbered as written, and what must never run, not even on a copy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast
from pglast.enums import ObjectType, TransactionStmtKind
from pglast.parser import ParseError
from pglast.visitors import Visitor

from common.errors import InputError, MalformedSql, Refused, TooLarge
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.statements import RUNAWAY, parse

LIMIT_BYTES = 2_000_000
SPLIT = "Split it: the rows that it loads into a file of their own; rehearse the one that changes tables and indexes."
_META = re.compile(r"^[ \t]*\\[A-Za-z!?]\S*|\\(?:g|gx|gset|gexec|gdesc|crosstabview|watch|bind)\b", re.MULTILINE)
_REACHES_OUT = re.compile(
    r"^(dblink.*|lo_import|lo_export|pg_read_(binary_)?file|pg_ls_.*|pg_stat_file|pg_terminate_backend|"
    r"pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_file_.*|pg_promote|pg_switch_wal|http_.*)$"
)
_REFUSED: dict[type[ast.Node], str] = {
    ast.AlterSystemStmt: "changes the server's configuration",
    ast.CreatedbStmt: "makes a database",
    ast.DropdbStmt: "drops a database",
    ast.AlterDatabaseSetStmt: "changes a database's settings",
    ast.CreateTableSpaceStmt: "writes outside the server's folder",
    ast.DropTableSpaceStmt: "writes outside the server's folder",
    ast.LoadStmt: "loads a library into the server",
    ast.CreateSubscriptionStmt: "connects to another server",
    ast.AlterSubscriptionStmt: "connects to another server",
    ast.CreateFdwStmt: "connects to another server",
    ast.CreateForeignServerStmt: "connects to another server",
    ast.AlterForeignServerStmt: "connects to another server",
    ast.CreateUserMappingStmt: "connects to another server",
    ast.ImportForeignSchemaStmt: "connects to another server",
    ast.CheckPointStmt: "forces a checkpoint",
}
_ALONE = (ast.VacuumStmt, ast.DoStmt, ast.CallStmt)


@dataclass(frozen=True)
class Statement:
    """One statement of a file; `number` counts from 1 as written, `line` likewise."""

    number: int
    line: int
    sql: str
    node: Any
    in_transaction: bool
    """Between a BEGIN and a COMMIT of the file."""

    @property
    def concurrently(self) -> bool:
        """Whether it builds or drops without blocking writes, which no transaction block allows."""
        node = self.node
        if isinstance(node, ast.ReindexStmt):
            return any(option.defname == "concurrently" for option in node.params or ())
        if isinstance(node, ast.AlterTableStmt):
            return any(getattr(each.def_, "concurrent", False) for each in node.cmds or () if each.def_ is not None)
        return bool(getattr(node, "concurrent", False)) and isinstance(node, ast.IndexStmt | ast.DropStmt)

    @property
    def control(self) -> bool:
        """BEGIN, COMMIT, SAVEPOINT and their like."""
        return isinstance(self.node, ast.TransactionStmt)

    @property
    def alone(self) -> bool:
        """Runs outside any transaction block, because it must or may end transactions itself."""
        return self.concurrently or isinstance(self.node, _ALONE)

    @property
    def tables(self) -> tuple[tuple[str | None, str], ...]:
        """The relations it names: (schema or None, name), in order."""
        return tuple(dict.fromkeys(_tables(self.node)))


def read_script(text: str, name: str = "the file") -> tuple[Statement, ...]:
    """The statements of a migration as psql would run them: each on its own unless the file says BEGIN.

    Raises MalformedSql with the line, InputError (no statement, psql commands, NUL bytes) and TooLarge.
    """
    if len(text.encode("utf-8", "replace")) > LIMIT_BYTES:
        raise TooLarge(what=name, size=f"{len(text):,} characters", limit=f"{LIMIT_BYTES:,} bytes", next=SPLIT)
    if "\0" in text:
        raise InputError(detail=f"{name} holds NUL bytes, which no SQL can", next="Save it as plain UTF-8 text")
    runaway = RUNAWAY.search(text)
    if runaway:
        line = text.count("\n", 0, runaway.start()) + 1
        raise MalformedSql(detail=f"{name} line {line} holds a run of more than a thousand operator characters")
    try:
        parsed = parse(text)
    except ParseError as error:
        meta = _META.search(text)
        if meta:
            line = text.count("\n", 0, meta.start()) + 1
            command = meta[0].strip()
            raise InputError(
                detail=f"{name} line {line} holds the psql command {command}, which no server understands",
                next="Take it out, or write what it stands for as SQL",
            ) from error
        raise MalformedSql(detail=f"{name} line {_line_of(text, error)}: {error.args[0]}") from error
    except RecursionError as error:
        raise MalformedSql(detail=f"{name} is nested too deeply to be read") from error
    statements: list[Statement] = []
    inside = False
    for each in parsed:
        start = each.stmt_location or 0
        body = text[start : start + each.stmt_len if each.stmt_len else None]  # in characters: pglast has translated
        lead = len(body) - len(_without_lead(body))
        node: Any = each.stmt
        kind = node.kind if isinstance(node, ast.TransactionStmt) else None
        if kind in (TransactionStmtKind.TRANS_STMT_COMMIT, TransactionStmtKind.TRANS_STMT_ROLLBACK):
            inside = False
        line = text[:start].count("\n") + body[:lead].count("\n") + 1
        statements.append(Statement(len(statements) + 1, line, body[lead:].strip(), node, inside))
        if kind in (TransactionStmtKind.TRANS_STMT_BEGIN, TransactionStmtKind.TRANS_STMT_START):
            inside = True
    if not statements:
        raise InputError(detail=f"{name} holds no statement", next="Name the file with the migration's SQL")
    return tuple(statements)


def refuse_hostile(statements: tuple[Statement, ...]) -> None:
    """Raise Refused for what has no place in a migration of tables: it reaches files, programs or other servers."""
    for statement in statements:
        reason = _hostile(statement.node)
        if reason:
            raise Refused(
                reason=f"statement {statement.number} (line {statement.line}) {reason}",
                needs="It was not run, nothing was. Take it out of the migration and ask again.",
            )


def names_in(statements: tuple[Statement, ...]) -> tuple[tuple[str | None, str], ...]:
    """All relations a migration names."""
    return tuple(dict.fromkeys(name for statement in statements for name in statement.tables))


def schemas_dropped(statements: tuple[Statement, ...]) -> tuple[str, ...]:
    """Schemas that a migration drops."""
    drops = [each.node for each in statements if getattr(each.node, "removeType", None) == ObjectType.OBJECT_SCHEMA]
    return tuple(dict.fromkeys(str(item.sval) for node in drops for item in node.objects or ()))


def _hostile(node: ast.Node) -> str | None:
    for each in walk(node):
        for kind, reason in _REFUSED.items():
            if isinstance(each, kind):
                return reason
        if isinstance(each, ast.CopyStmt):
            if each.is_program:
                return "runs a program on the server"
            if each.filename:
                return "reads or writes a file of the server"
            return "copies rows from or to the client, which a migration file cannot carry"
        if isinstance(each, ast.FuncCall):
            called = str((each.funcname or ())[-1].sval)
            if _REACHES_OUT.match(called.lower()):
                return f"calls {called}, which reaches outside the database"
        if isinstance(each, ast.AlterRoleStmt | ast.CreateRoleStmt) and any(
            option.defname == "superuser" and getattr(option.arg, "boolval", False) for option in each.options or ()
        ):
            return "makes a superuser"
    return None


class _Collector(Visitor):
    def __init__(self) -> None:
        self.nodes: list[ast.Node] = []

    def visit(self, ancestors: Any, node: ast.Node) -> None:
        self.nodes.append(node)


def walk(node: ast.Node) -> list[ast.Node]:
    """The node and all below it."""
    collector = _Collector()
    collector(node)
    return collector.nodes


def _tables(node: ast.Node) -> Iterator[tuple[str | None, str]]:
    ctes = {each.ctename for each in walk(node) if isinstance(each, ast.CommonTableExpr)}
    for each in walk(node):
        if isinstance(each, ast.RangeVar) and (each.schemaname or each.relname not in ctes):
            yield each.schemaname, str(each.relname)
        if isinstance(each, ast.DropStmt | ast.CommentStmt):
            objects = each.objects if isinstance(each, ast.DropStmt) else (each.object,)
            for item in objects or ():
                parts = (
                    [str(part.sval) for part in item if isinstance(part, ast.String)] if isinstance(item, tuple) else []
                )
                yield from _prefixes(parts)


def _prefixes(parts: list[str]) -> Iterator[tuple[str | None, str]]:
    """table · schema.table · table.column · schema.table.column: whichever of them exists is meant."""
    if len(parts) == 1:
        yield None, parts[0]
    if len(parts) >= 2:
        yield parts[0], parts[1]
        yield None, parts[0]


def qualified(name: tuple[str | None, str], default: str = "public") -> QualifiedName:
    """A name as written, in the schema it would be looked up in first."""
    return QualifiedName(name[0] or default, name[1])


def _without_lead(body: str) -> str:
    while True:
        body = body.lstrip()
        if body.startswith("--"):
            body = body.partition("\n")[2]
        elif body.startswith("/*"):
            body = body.partition("*/")[2]
        else:
            return body


def _line_of(text: str, error: ParseError) -> int:
    position = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else 0
    return text.count("\n", 0, position) + 1
