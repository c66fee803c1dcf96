"""Event triggers of the live server: no copy has them, and what they refuse there passes on it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pglast import ast
from pglast.parser import scan
from psycopg import sql

from common.findings import Finding, Severity
from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.script import Statement

_FIRST = frozenset(["ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "IMPORT", "REFRESH", "REVOKE", "SECURITY"])
_MODIFIERS = frozenset(
    [
        "OR",
        "REPLACE",
        "UNIQUE",
        "TEMP",
        "TEMPORARY",
        "LOCAL",
        "GLOBAL",
        "UNLOGGED",
        "CONSTRAINT",
        "RECURSIVE",
        "TRUSTED",
    ]
)
"""Words between CREATE and the kind of object, which no command tag has."""
_SHARED = frozenset(["DATABASE", "ROLE", "USER", "GROUP", "TABLESPACE", "SYSTEM", "EVENT"])
"""Objects of the whole server, and event triggers themselves: nothing fires for them."""
_REINDEX_FIRES = 170_000
_WHEN = {
    "ddl_command_start": "before",
    "ddl_command_end": "after",
    "sql_drop": "after what is dropped by",
    "table_rewrite": "before a table is rewritten by",
}


@dataclass(frozen=True)
class EventTrigger:
    """One that is enabled; `tags` are the commands it is for, none: all that change definitions."""

    name: str
    event: str
    tags: tuple[str, ...]
    function: str

    @property
    def left_off(self) -> str:
        """One line: what it does on the live server and not on the copy."""
        if self.event == "login":
            return (
                f"event trigger {self.name}: on the live server {self.function} runs at every login, and may refuse it"
            )
        what = ", ".join(self.tags) or "statement that changes definitions"
        return (
            f"event trigger {self.name}: on the live server {self.function} runs {_WHEN.get(self.event, 'with')} every"
            f" {what}, and may refuse it or do more"
        )


async def event_triggers_of(postgres: Postgres, trace: list[str]) -> tuple[EventTrigger, ...]:
    """Those that are enabled on the live server, by name."""
    async with postgres.session(trace) as session:
        rows = await session.rows(query("tools.postgres.rehearsal", "event_triggers"))
    return tuple(EventTrigger(row["name"], row["event"], tuple(row["tags"]), row["function"]) for row in rows)


def check(case: Case, triggers: Sequence[EventTrigger]) -> Iterator[Finding]:
    """One finding for each event trigger that would run with a statement of the migration: what it does was not seen.

    Source: PostgreSQL documentation, Event Trigger Firing Matrix.
    """
    rewriting = {step.number for step in case.trial.steps if step.rewritten}
    for trigger in triggers:
        version = case.trial.copy.live_version
        fired = [each for each in case.trial.up if fires(trigger, each, version, rewrites=each.number in rewriting)]
        if fired:
            yield case.found(
                "not-possible-here", Severity.MEDIUM, f"event trigger {trigger.name}",
                "On the live server {function} runs with statement {statement}, by the event trigger {trigger} ({event}); the"
                " copy has none, so whether it refuses the statement or does more was not seen",
                statement=fired[0].number, function=trigger.function, trigger=trigger.name, event=trigger.event,
                remedy="Read first what it does: SELECT pg_get_functiondef("
                f"{sql.Literal(trigger.function).as_string()}::regprocedure);",
                wrong_if="its function lets such statements pass and changes nothing",
            )  # fmt: skip


def fires(trigger: EventTrigger, statement: Statement, version: int, *, rewrites: bool) -> bool:
    """Whether it runs with this statement on a server of this `version` (server_version_num)."""
    node = statement.node
    words = _words(statement.sql)
    if isinstance(node, ast.DoStmt):
        return _in_body(trigger, statement.sql)
    tag = _tag(node, words, version)
    if not tag or (trigger.tags and not any(_named(tag, each.split()) for each in trigger.tags)):
        return False
    if trigger.event == "sql_drop":
        return "DROP" in words
    if trigger.event == "table_rewrite":
        return rewrites
    return trigger.event in ("ddl_command_start", "ddl_command_end")


def _tag(node: ast.Node, words: list[str], version: int) -> list[str]:
    """The words that its command tag begins with; none where no event trigger fires for it."""
    if isinstance(node, ast.SelectStmt):
        return ["SELECT", "INTO"] if node.intoClause is not None else []
    if isinstance(node, ast.CreateTableAsStmt) and "MATERIALIZED" not in words[:3]:
        return ["CREATE", "TABLE", "AS"]
    if isinstance(node, ast.GrantRoleStmt) or not words:
        return []
    if words[0] == "REINDEX":
        return words if version >= _REINDEX_FIRES else []
    tag = words[:1]
    rest = words[1:]
    while rest and rest[0] in _MODIFIERS:
        rest = rest[1:]
    shared = bool(rest) and rest[0] in _SHARED and rest[1:2] != ["MAPPING"]
    return [*tag, *rest] if tag[0] in _FIRST and not shared else []


def _named(tag: list[str], wanted: list[str]) -> bool:
    whole = tag == ["CREATE", "TABLE", "AS"]
    return tag == wanted if whole else tag[: len(wanted)] == wanted


def _in_body(trigger: EventTrigger, body: str) -> bool:
    """Whether the text of a DO holds such a command; whether it runs is not known before."""
    if trigger.event == "sql_drop" and not re.search(r"\bDROP\b", body, re.IGNORECASE):
        return False
    commands = [r"\s+".join(each.split()) for each in trigger.tags] or [rf"(?:{'|'.join(sorted(_FIRST))})\s+\w"]
    return any(re.search(rf"\b{each}", body, re.IGNORECASE) for each in commands) and trigger.event != "login"


def _words(text: str) -> list[str]:
    return [
        text[token.start : token.end + 1].upper()
        for token in scan(text)
        if token.name not in ("SQL_COMMENT", "C_COMMENT")
    ]
