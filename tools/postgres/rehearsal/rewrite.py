"""The same migration in steps that keep nobody waiting."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.rewrites import COMMANDS, STATEMENTS
from tools.postgres.rehearsal.rewrites.defaults import defaults_first
from tools.postgres.rehearsal.rewrites.step import LOCK_TIMEOUT, No
from tools.postgres.rehearsal.script import Statement

_SET = f"SET lock_timeout = '{LOCK_TIMEOUT}'"
_WAIT = "SET lock_timeout = 0"
"""Building CONCURRENTLY waits for transactions, keeps nobody waiting itself, and leaves a broken index when it gives up."""


@dataclass(frozen=True)
class Kept:
    """A statement of which there is no safer form, and why."""

    statement: int
    why: str


@dataclass(frozen=True)
class Safer:
    """The migration rewritten; `text` is empty when it is as good as it gets."""

    text: str
    kept: tuple[Kept, ...]


def safer(case: Case) -> Safer:
    """CONCURRENTLY, NOT VALID then VALIDATE, CHECK before SET NOT NULL, batches, columns swapped in; a lock_timeout.

    Each step runs on its own, so that none holds what another has locked. One file a kind of step in `rewrites/`.
    """
    kept: list[Kept] = []
    steps = [(each, list(_steps(case, each, kept))) for each in case.trial.up if not each.control]
    split = any(len(lines) != 1 or lines[0] != each.sql for each, lines in steps) or any(
        each.in_transaction and each.concurrently for each, _ in steps
    )
    guarded = any(each.sql.lower().startswith("set lock_timeout") for each, _ in steps)
    strong = any(lock.blocks and not case.new(lock.object) for step in case.trial.steps for lock in step.locks)
    if not split:
        text = "" if guarded or not strong else _joined([_SET, *(each.sql for each in case.trial.up)])
        return Safer(text, tuple(kept))
    made = defaults_first(case, steps)
    lines = [line for each in made for line in each if not line.lower().startswith("set lock_timeout")]
    return Safer(_joined(list(_timed(lines))), tuple(kept))


def only_timed(up: str, sent: list[str]) -> bool:
    """Whether the steps are the statements that were sent, with a limit on waiting for locks before them."""
    return up.partition("\n")[2] == _joined(sent)


def _timed(lines: list[str]) -> Iterator[str]:
    """A limit on waiting for locks around all that keeps others waiting, none around what builds CONCURRENTLY."""
    now = ""
    for line in lines:
        wanted = _WAIT if "CONCURRENTLY" in line.split("$")[0] else now if line.startswith("DO $batches$") else _SET
        if wanted and wanted != now:
            yield wanted
            now = wanted
        yield line


def _joined(lines: list[str]) -> str:
    return "".join(f"{line};\n" for line in lines)


def _steps(case: Case, statement: Statement, kept: list[Kept]) -> Iterator[str]:
    for rule in STATEMENTS:
        found = rule(case, statement)
        if isinstance(found, No):
            kept.append(Kept(statement.number, found.why))
        elif found is not None:
            yield from found
            return
    node = statement.node
    if not isinstance(node, ast.AlterTableStmt) or node.relation is None:
        yield statement.sql
        return
    table = case.table(node.relation)
    if case.new(table) or case.small(table):
        yield statement.sql
        return
    made = [(command, _command(case, statement, command, kept)) for command in node.cmds or ()]
    if all(lines is None for _, lines in made):
        yield statement.sql
        return
    for command, lines in made:
        yield from lines or [
            str(RawStream()(ast.AlterTableStmt(relation=node.relation, cmds=(command,), objtype=node.objtype)))
        ]


def _command(case: Case, statement: Statement, command: Any, kept: list[Kept]) -> list[str] | None:
    """The statements that take the place of one ALTER TABLE command; None: it stays as it is."""
    node: Any = statement.node
    table = case.table(node.relation)
    for rule in COMMANDS:
        found = rule(case, table, command, statement.number)
        if isinstance(found, No):
            kept.append(Kept(statement.number, found.why))
            return None
        if found is not None:
            return found
    return None
