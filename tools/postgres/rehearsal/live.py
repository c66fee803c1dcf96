"""What is true only of the data, asked of the live rows: read only, one statement each, with a time limit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, LiteralString

from pglast import ast
from pglast.enums import AlterTableType, ConstrType
from pglast.stream import RawStream
from psycopg import sql

from common.errors import DbcrewError, Locked
from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.guard import judge
from tools.postgres.rehearsal.broken import rebuilt
from tools.postgres.rehearsal.case import ENOUGH, Answer, Case, InvalidIndex, Queue, Unasked
from tools.postgres.rehearsal.holders import with_holder
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rehearsal import Trial
from tools.postgres.statements import parse

_LIMIT_MS = 20_000
_SHOWN = 100


@dataclass(frozen=True)
class _Question:
    statement: int
    object: str
    text: str
    columns: sql.Composable
    rows: sql.Composable
    """FROM and what follows it."""

    @property
    def counted(self) -> sql.Composed:
        """How many there are, up to enough."""
        return sql.SQL("SELECT count(*) AS against FROM (SELECT FROM {} LIMIT {}) AS found").format(
            self.rows, sql.Literal(ENOUGH)
        )

    @property
    def listed(self) -> sql.Composed:
        """Some of them, as rows that a person can mend."""
        return sql.SQL("SELECT {} FROM {} LIMIT {}").format(self.columns, self.rows, sql.Literal(_SHOWN))


_ALL = sql.SQL("*")


async def ask(postgres: Postgres, trial: Trial, trace: list[str]) -> Case:
    """The case with all that only the live server knows."""
    answers: list[Answer] = []
    unasked: list[Unasked] = []
    made = _names_made(Case(trial))
    async with postgres.session(trace) as session:
        rows = await session.rows(query("tools.postgres.rehearsal", "invalid_indexes"))
    invalid = tuple(
        InvalidIndex(
            QualifiedName(row["schema"], row["name"]),
            QualifiedName(row["table_schema"], row["table_name"]),
            row["definition"],
        )
        for row in rows
    )
    for question in _questions(Case(trial, invalid_indexes=invalid)):
        statement = question.counted
        if any(re.search(rf"\b{re.escape(each)}\b", statement.as_string()) for each in made):
            continue
        verdict = judge(statement.as_string())
        if not verdict.allowed:  # only what is proven to read is ever sent to the live server
            unasked.append(Unasked(question.statement, question.object, question.text, verdict.reason))
            continue
        try:
            async with postgres.session(trace, timeout_ms=_LIMIT_MS) as session:
                against = await session.value(statement)
        except DbcrewError as raised:
            error = await with_holder(postgres, raised, trial.tables, trace) if isinstance(raised, Locked) else raised
            unasked.append(Unasked(question.statement, question.object, question.text, str(error)))
            continue
        answers.append(
            Answer(
                question.statement, question.object, question.text, int(against), statement.as_string(),
                question.listed.as_string(),
            )
        )  # fmt: skip
    async with postgres.session(trace) as session:
        sources = await session.rows(query("tools.postgres.rehearsal", "function_sources"))
        named = {"schemas": [each.schema for each in trial.tables], "names": [each.name for each in trial.tables]}
        queues = await session.rows(query("tools.postgres.rehearsal", "queues"), named)
    return Case(
        trial,
        tuple(answers),
        tuple(unasked),
        invalid,
        {row["name"]: row["source"] for row in sources},
        tuple(Queue(QualifiedName(row["schema"], row["name"]), row["mode"], row["held_s"]) for row in queues),
    )


def _names_made(case: Case) -> set[str]:
    """Columns and tables that only the migration makes: the live server has no rows for them."""
    made = {str(c.def_.colname) for _, _, c in case.commands() if c.subtype == AlterTableType.AT_AddColumn}
    return made | {str(each.node.newname) for each in case.trial.up if isinstance(each.node, ast.RenameStmt)}


def _questions(case: Case) -> Iterator[_Question]:
    for statement, table, command in case.commands():
        if case.new(table):
            continue
        if command.subtype == AlterTableType.AT_SetNotNull:
            yield _Question(
                statement.number, f"{table}.{command.name}", "rows with NULL",
                _ALL, sql.SQL("{} WHERE {} IS NULL").format(table.identifier, sql.Identifier(command.name)),
            )  # fmt: skip
        elif command.subtype == AlterTableType.AT_AddConstraint:
            yield from _constraint(statement.number, table, command.def_, case, command.def_.skip_validation)
        elif command.subtype == AlterTableType.AT_ValidateConstraint:
            yield from _validated(statement.number, table, command.name, case)
        elif command.subtype == AlterTableType.AT_AlterColumnType:
            yield from _retyped(statement.number, table, command, case)
    for statement in case.trial.up:
        node = statement.node
        if isinstance(node, ast.IndexStmt) and node.unique and not case.new(case.table(node.relation)):
            yield _index(statement.number, case.table(node.relation), node)
    for statement, broken, definition in rebuilt(case):
        if definition.unique:
            yield replace(_index(statement.number, broken.table, definition), object=str(broken.name))


def _validated(number: int, table: QualifiedName, name: str, case: Case) -> Iterator[_Question]:
    """VALIDATE of a constraint that the migration itself adds, or that is there already."""
    for statement, other, command in case.commands():
        added = command.def_ if command.subtype == AlterTableType.AT_AddConstraint else None
        if added is not None and statement.number < number and other == table and added.conname == name:
            yield from _constraint(number, table, added, case, False)
            return
    there = case.trial.before.catalogue.get(f"constraint {_quoted(name)} on {table}")
    if there is not None and not there["validated"]:
        parsed = parse(f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(name)} {there['definition']}")[0].stmt
        yield from _constraint(number, table, parsed.cmds[0].def_, case, False)


def _constraint(
    number: int, table: QualifiedName, node: ast.Constraint, case: Case, skip: bool | None
) -> Iterator[_Question]:
    if node.contype in (ConstrType.CONSTR_UNIQUE, ConstrType.CONSTR_PRIMARY) and node.keys:
        yield _duplicates(number, table, [_quoted(key.sval) for key in node.keys])
    if node.contype == ConstrType.CONSTR_PRIMARY:
        for key in node.keys or ():
            yield _Question(
                number, f"{table}.{key.sval}", "rows with NULL",
                _ALL, sql.SQL("{} WHERE {} IS NULL").format(table.identifier, sql.Identifier(key.sval)),
            )  # fmt: skip
    if skip:
        return
    if node.contype == ConstrType.CONSTR_FOREIGN and node.fk_attrs and node.pktable is not None:
        parent = case.table(node.pktable)
        columns = [key.sval for key in node.fk_attrs]
        parents = [key.sval for key in node.pk_attrs or ()] or _primary(case, parent)
        if len(parents) != len(columns):
            return
        match = sql.SQL(" AND ").join(
            sql.SQL("p.{} = c.{}").format(sql.Identifier(p), sql.Identifier(c))
            for c, p in zip(columns, parents, strict=True)
        )
        filled = sql.SQL(" AND ").join(sql.SQL("c.{} IS NOT NULL").format(sql.Identifier(c)) for c in columns)
        yield _Question(
            number, str(table), f"rows without a parent in {parent}",
            sql.SQL("c.*"), sql.SQL("{} AS c WHERE {} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})").format(
                table.identifier, filled, parent.identifier, match
            ),
        )  # fmt: skip
    if node.contype == ConstrType.CONSTR_CHECK and node.raw_expr is not None:
        yield _Question(
            number, str(table), "rows against the CHECK",
            _ALL, sql.SQL("{} WHERE NOT ({})").format(table.identifier, _raw(_text(node.raw_expr))),
        )  # fmt: skip


def _primary(case: Case, table: QualifiedName) -> list[str]:
    """The columns of the primary key, as the copy's catalogue has it."""
    for name, fact in case.trial.before.catalogue.items():
        if name.startswith("constraint ") and name.endswith(f" on {table}"):
            key = parse(f"ALTER TABLE x ADD {fact['definition']}")[0].stmt.cmds[0].def_
            if key.contype == ConstrType.CONSTR_PRIMARY:
                return [each.sval for each in key.keys or ()]
    return []


def _index(number: int, table: QualifiedName, node: ast.IndexStmt) -> _Question:
    keys = [_key(each) for each in node.indexParams or ()]
    return _duplicates(number, table, keys, _text(node.whereClause) if node.whereClause is not None else "")


def _duplicates(number: int, table: QualifiedName, keys: list[Any], where: Any = "") -> _Question:
    listed = _raw(", ".join(keys))
    filled = _raw(" AND ".join([f"({each}) IS NOT NULL" for each in keys] + [f"({each})" for each in (where,) if each]))
    return _Question(
        number, str(table), "values of " + ", ".join(keys) + " that are there more than once",
        sql.SQL("{}, count(*)").format(listed),
        sql.SQL("{} WHERE {} GROUP BY {} HAVING count(*) > 1").format(table.identifier, filled, listed),
    )  # fmt: skip


_INTEGERS = {"int2": 15, "int4": 31, "int8": 63}
"""Bits of the largest value, by type."""


def _retyped(number: int, table: QualifiedName, command: Any, case: Case) -> Iterator[_Question]:
    """Values that the new type has no room for, as far as that can be asked without trying."""
    kind = command.def_.typeName if command.def_ is not None else None
    was = case.trial.before.catalogue.get(f"column {table}.{_quoted(command.name)}")
    using = command.def_.raw_default if command.def_ is not None else None
    if kind is None or was is None or (using is not None and not isinstance(using, ast.TypeCast)):
        return
    column, name = sql.Identifier(str(command.name)), str(kind.names[-1].sval)
    numbers = (
        was["type"] in ("smallint", "integer", "bigint", "real", "double precision") or was["type"][:7] == "numeric"
    )
    sizes = [each.val.ival for each in kind.typmods or () if isinstance(getattr(each, "val", None), ast.Integer)]
    where, what = None, ""
    if name in ("varchar", "bpchar") and sizes:
        what = f"values longer than {sizes[0]}"
        where = sql.SQL("length(rtrim({}::text)) > {}").format(column, sql.Literal(sizes[0]))
    elif name in _INTEGERS and numbers:
        what = f"values beyond {name}"
        most = 2 ** _INTEGERS[name]
        where = sql.SQL("round({}::numeric) NOT BETWEEN {} AND {}").format(
            column, sql.Literal(-most), sql.Literal(most - 1)
        )
    elif name == "numeric" and sizes and numbers:
        places = sizes[1] if len(sizes) > 1 else 0
        what = f"values beyond numeric({sizes[0]}, {places})"
        where = sql.SQL("abs(round({}::numeric, {})) >= {}").format(
            column, sql.Literal(places), sql.Literal(10 ** (sizes[0] - places))
        )
    elif name in (*_INTEGERS, "numeric", "float4", "float8") and was["type"].startswith(("text", "character")):
        what = f"values that cannot be read as {name}"
        # What the input functions take: blanks, a sign, digits; a fraction and an exponent where the type has them.
        digits = r"\d+" if name in _INTEGERS else r"(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?"
        where = sql.SQL("{} !~* {}").format(column, sql.Literal(rf"^\s*[-+]?{digits}\s*$"))
    if where is not None:
        yield _Question(
            number, f"{table}.{command.name}", what,
            _ALL, sql.SQL("{} WHERE {}").format(table.identifier, where),
        )  # fmt: skip


def _key(element: Any) -> Any:
    return _quoted(element.name) if element.name else _text(element.expr)


def _text(node: Any) -> Any:
    return RawStream()(node)


def _raw(text: LiteralString) -> sql.Composed:
    """Expressions of the migration, which the guard judges before they are sent."""
    return sql.Composed([sql.SQL(text)])


def _quoted(word: str) -> str:
    return str(QualifiedName("x", word)).removeprefix("x.")
