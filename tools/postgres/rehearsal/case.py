"""What a hazard rule may look at: the rehearsal, and the live sizes it has to be read against."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pglast import ast

from common.figures import Value
from common.findings import Finding, Severity
from tools.postgres.rehearsal.estimate import live_ms
from tools.postgres.rehearsal.locks import Lock
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rehearsal import Trial
from tools.postgres.rehearsal.script import Statement
from tools.postgres.rehearsal.step import Step

SMALL_ROWS = 10_000
SMALL_BYTES = 8_000_000
ENOUGH = 1_000
"""Counting what stands against a statement stops here: one row is enough to make it fail."""
LONG_MS = 1_000.0
"""A lock held longer than this is noticed: requests pile up behind it."""
_FEW = 10
"""So many rows that a statement changes are those it names, whatever the size of the table."""


@dataclass(frozen=True)
class Answer:
    """What the live rows said, read only: how many stand against a statement."""

    statement: int
    object: str
    question: str
    against: int
    asked: str
    """The statement that was sent, which counts."""
    listed: str
    """A statement that shows some of these rows."""

    @property
    def counted(self) -> str:
        """The count and what it counts, as a template with `{against}`: the count ends at ENOUGH."""
        question = self.question.replace("{", "{{").replace("}", "}}")
        return ("at least {against} " if self.against >= ENOUGH else "{against} ") + question


@dataclass(frozen=True)
class Unasked:
    """A question to the live rows that could not be answered."""

    statement: int
    object: str
    question: str
    reason: str


@dataclass(frozen=True)
class Queue:
    """The oldest transaction that holds a lock on a table of the live server, however weak."""

    table: QualifiedName
    mode: str
    held_s: float
    """Seconds since that transaction began."""


@dataclass(frozen=True)
class InvalidIndex:
    """An index of the live server that is not valid, as its CREATE INDEX."""

    name: QualifiedName
    table: QualifiedName
    definition: str


@dataclass(frozen=True)
class Case:
    """One rehearsal under judgement."""

    trial: Trial
    answers: tuple[Answer, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    invalid_indexes: tuple[InvalidIndex, ...] = ()
    """Indexes of the live server that are not valid."""
    function_sources: dict[str, str] = field(default_factory=dict)
    """Bodies of the live server's functions, by name."""
    queues: tuple[Queue, ...] = ()
    """What holds the tables on the live server now."""
    absent: tuple[QualifiedName, ...] = ()
    """Tables of the live server that a statement did not find on the copy."""

    def size(self, table: QualifiedName) -> tuple[int, int]:
        """Rows (the planner's count) and bytes with indexes of a table on the live server, its partitions included."""
        tree = self._tree(table)
        found = [each for each in self.trial.copy.tables if each.name in tree]
        return sum(each.live_rows for each in found), sum(each.live_bytes for each in found)

    def small(self, table: QualifiedName) -> bool:
        """Whether anything done to it is over before anybody notices."""
        rows, size = self.size(table)
        return rows <= SMALL_ROWS and size <= SMALL_BYTES

    def new(self, table: QualifiedName) -> bool:
        """Whether the migration itself made it: nobody can be waiting for it."""
        return f"table {table}" not in self.trial.before.catalogue

    def copied(self, table: QualifiedName) -> int:
        """Rows that the copy had of a table when the migration began, its partitions included."""
        return sum(self.trial.before.data[each].rows for each in self._tree(table) if each in self.trial.before.data)

    def scale(self, table: QualifiedName) -> float:
        """How many times the rows of the copy the live table has."""
        return max(1.0, self.size(table)[0] / max(1, self.copied(table)))

    def _tree(self, table: QualifiedName) -> set[QualifiedName]:
        relations = {each.name: each for each in self.trial.copy.relations}
        if table not in relations:
            return set()
        return {each.name for each in self.trial.copy.relations if each.tree == relations[table].oid} | {table}

    def statement(self, number: int) -> Statement:
        """The statement of that number."""
        return self.trial.up[number - 1]

    def live_ms(self, step: Step) -> float:
        """The statement's time at live size: as it is, unless it reads, writes or sorts all rows of a table.

        The table that grows most counts. Where a table is written anew, sorting for its indexes is the smaller part. Of
        several runs the one counts that was disturbed least.
        """
        return self._grown(step, step.ms if step.least_ms is None else step.least_ms)

    def most_live_ms(self, step: Step) -> float:
        """The same by the slowest of the runs."""
        return self._grown(step, step.ms if step.most_ms is None else step.most_ms)

    def _grown(self, step: Step, ms: float) -> float:
        sorts = bool(step.built) and not step.rewritten
        return max(
            (
                live_ms(ms, step.floor_ms, self.copied(each), self.size(each)[0], sorts=sorts)
                for each in self.worked(step)
            ),
            default=ms,
        )

    def times(self, step: Step) -> float:
        """How many times what the statement does on the copy it does on the live server."""
        return max((self.scale(each) for each in self.worked(step)), default=1.0)

    def worked(self, step: Step) -> list[QualifiedName]:
        """Tables that were there before and of which the statement reads or writes all rows, or rows by their number."""
        statement = self.statement(step.number)
        locked = [each for each in step.tables if not self.new(each)]
        if step.built or statement.alone:
            return locked
        target = getattr(statement.node, "relation", None)
        if step.rows > _FEW and target is not None and not isinstance(statement.node, ast.InsertStmt):
            return [self.table(target)]
        return [each for each in locked if self._tree(each) & {*step.rewritten, *step.scanned}]

    def built_on(self, step: Step) -> set[QualifiedName]:
        """The tables of the indexes that a statement built, and what they are partitions of."""
        names = {f"index {index}" for index in step.built}
        owners = {name: fact["table"] for name, fact in self.trial.after.catalogue.items() if name in names}
        return {each for each in step.tables if {str(one) for one in self._tree(each) | {each}} & set(owners.values())}

    def held_live_ms(self, lock: Lock) -> float:
        """How long this lock would be held on the live server."""
        steps = [step for step in self.trial.steps if step.number >= lock.statement]
        own = steps[0]
        if not self.statement(lock.statement).in_transaction:
            return lock.held_ms if self.statement(lock.statement).concurrently else self.live_ms(own)
        total, held = 0.0, 0.0
        for step in steps:
            if self.statement(step.number).control or held >= lock.held_ms:
                break
            held += step.ms
            total += self.live_ms(step)
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
