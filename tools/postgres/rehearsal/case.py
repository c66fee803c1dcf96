"""What a hazard rule may look at: the rehearsal, and the live sizes it has to be read against."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType

from common.figures import Value
from common.findings import Finding, Severity
from tools.postgres.rehearsal.locks import Lock
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rehearsal import Trial
from tools.postgres.rehearsal.run import Step
from tools.postgres.rehearsal.script import Statement

SMALL_ROWS = 10_000
SMALL_BYTES = 8_000_000
LONG_MS = 1_000.0
"""A lock held longer than this is noticed: requests pile up behind it."""

_SCANS = (
    AlterTableType.AT_SetNotNull,
    AlterTableType.AT_ValidateConstraint,
    AlterTableType.AT_AlterColumnType,
)


@dataclass(frozen=True)
class Answer:
    """What the live rows said, read only: how many stand against a statement."""

    statement: int
    object: str
    question: str
    against: int
    asked: str
    """The statement that was sent."""


@dataclass(frozen=True)
class Unasked:
    """A question to the live rows that could not be answered."""

    statement: int
    question: str
    reason: str


@dataclass(frozen=True)
class Case:
    """One rehearsal under judgement."""

    trial: Trial
    answers: tuple[Answer, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    invalid_indexes: frozenset[QualifiedName] = frozenset()
    """Indexes of the live server that are not valid."""
    function_sources: dict[str, str] = field(default_factory=dict)
    """Bodies of the live server's functions, by name."""

    def size(self, table: QualifiedName) -> tuple[int, int]:
        """Rows (the planner's count) and bytes with indexes of a table on the live server, its partitions included."""
        relations = {each.name: each for each in self.trial.copy.relations}
        if table not in relations:
            return 0, 0
        tree = {each.name for each in self.trial.copy.relations if each.tree == relations[table].oid} | {table}
        found = [each for each in self.trial.copy.tables if each.name in tree]
        return sum(each.live_rows for each in found), sum(each.live_bytes for each in found)

    def small(self, table: QualifiedName) -> bool:
        """Whether anything done to it is over before anybody notices."""
        rows, size = self.size(table)
        return rows <= SMALL_ROWS and size <= SMALL_BYTES

    def new(self, table: QualifiedName) -> bool:
        """Whether the migration itself made it: nobody can be waiting for it."""
        return f"table {table}" not in self.trial.before.catalogue

    def scale(self, table: QualifiedName) -> float:
        """How many times the rows of the copy the live table has."""
        rows, _ = self.size(table)
        relations = {each.name: each for each in self.trial.copy.relations}
        if table not in relations:
            return 1.0
        tree = {each.name for each in self.trial.copy.relations if each.tree == relations[table].oid} | {table}
        copied = sum(each.copied_rows for each in self.trial.copy.tables if each.name in tree)
        return max(1.0, rows / max(1, copied))

    def statement(self, number: int) -> Statement:
        """The statement of that number."""
        return self.trial.up[number - 1]

    def live_ms(self, step: Step, table: QualifiedName) -> float:
        """The statement's time at live size: linear in the rows where it reads or writes them all."""
        grows = step.rewritten or step.built or reads_all(self.statement(step.number)) or step.rows >= 0
        return step.ms * (self.scale(table) if grows else 1.0)

    def held_live_ms(self, lock: Lock) -> float:
        """How long this lock would be held on the live server."""
        steps = [step for step in self.trial.steps if step.number >= lock.statement]
        own = steps[0]
        if not self.statement(lock.statement).in_transaction:
            return self.live_ms(own, lock.object)
        total, held = 0.0, 0.0
        for step in steps:
            if self.statement(step.number).control or held >= lock.held_ms:
                break
            held += step.ms
            tables = [each.object for each in step.locks] or [lock.object]
            total += max(self.live_ms(step, table) for table in tables)
        return total

    def guarded(self, number: int) -> bool:
        """Whether a lock_timeout is set before statement `number`."""
        return any(
            isinstance(each.node, ast.VariableSetStmt) and each.node.name == "lock_timeout"
            for each in self.trial.up[: number - 1]
        )

    def found(
        self, code: str, severity: Severity, where: object, summary: str, *, statement: int = 0, remedy: str = "",
        wrong_if: str = "", **facts: Value,
    ) -> Finding:  # fmt: skip
        """A finding about one statement (0: about the whole migration)."""
        return Finding(
            code=code, severity=severity, object=str(where), summary=summary, facts={"statement": statement, **facts},
            remedy=remedy, wrong_if=wrong_if,
        )  # fmt: skip

    def commands(self) -> Iterator[tuple[Statement, QualifiedName, Any]]:
        """Every single command of every ALTER TABLE, with the table it changes."""
        for statement in self.trial.up:
            if isinstance(statement.node, ast.AlterTableStmt) and statement.node.relation is not None:
                table = self.table(statement.node.relation)
                for command in statement.node.cmds or ():
                    yield statement, table, command

    def table(self, relation: Any) -> QualifiedName:
        """The table a statement names, in the schema where it was found."""
        if relation.schemaname:
            return QualifiedName(relation.schemaname, relation.relname)
        for name in (*self.trial.tables, *self.trial.after.data):
            if name.name == relation.relname:
                return name
        return QualifiedName("public", relation.relname)


def reads_all(statement: Statement) -> bool:
    """Whether the statement looks at every row of its table to check it."""
    node = statement.node
    if not isinstance(node, ast.AlterTableStmt):
        return False
    for command in node.cmds or ():
        if command.subtype in _SCANS:
            return True
        if command.subtype == AlterTableType.AT_AddConstraint and not command.def_.skip_validation:
            return True
    return False
