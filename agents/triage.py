"""Triage and plan: which playbook and role answer which question, and which tables it is about."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asked import Question, questions
from agents.desk import Desk
from agents.parts import parts
from agents.playbooks import OPEN_QUESTION, PLAYBOOKS
from agents.roles import ROLES
from tools.postgres.statements import relations

_MOST_TABLES = 5
_INDEX = re.compile(r"\b(?:drop|reindex|alter)\s+index\s+(?:concurrently\s+)?(?:if\s+exists\s+)?([\w.\"]+)", re.I)
"""An index that a statement is about, which does not name its table."""


class Assignment(BaseModel):
    """One question, the playbook it is answered by, and the role that does so."""

    model_config = ConfigDict(frozen=True)

    question: Question
    playbook: str
    role: str


def assignments(desk: Desk) -> list[Assignment]:
    """Every question of the issue with its playbook and role.

    The role is the one asked for, else the one whose label is on the issue, else the playbook's own.
    """
    wanted = desk.case.request.role or _called(desk.issue.labels)
    found: list[Assignment] = []
    for question in questions(desk.issue.title, desk.issue.body):
        for place, (part, playbook) in enumerate(parts(question)):
            if found and not place and _goes_on(part, playbook.name, found[-1]):
                found[-1] = found[-1].model_copy(update={"question": found[-1].question.joined(part)})
                continue
            part = part.model_copy(update={"number": len(found) + 1})
            found.append(Assignment(question=part, playbook=playbook.name, role=wanted or playbook.role))
    for one in found:
        desk.progress(f"triage: question {one.question.number}: {one.playbook}, for the {one.role}")
    return found


async def plan(work: list[Assignment], desk: Desk) -> tuple[list[str], list[str], str]:
    """The tables the questions are about, as the server knows them, and the workstreams that look at them.

    The tables are those that statements and names mention, an index's name its table; only where there are neither, those
    whose names are in the words. The third is the id of the evidence that describes them, empty when there is none.
    """
    overview = await desk.runner.call("overview")
    statements = [statement.sql for one in work for statement in one.question.statements if not statement.problem]
    names = {name for one in work for name in one.question.names}
    names |= {name.replace('"', "") for statement in statements for name in _INDEX.findall(statement)}
    words = "\n".join(one.question.words for one in work)
    schema = await desk.runner.call("schema", question=words, names=sorted(names), statements=statements)
    tables = [str(table["name"]) for table in schema.data["tables"]] if schema.ok else []
    mentioned = names | {name for statement in statements for _, name in relations(statement)}
    indexes = {name.rsplit(".", 1)[-1].lower() for name in names}
    mentioned |= {str(table["name"]) for table in schema.data["tables"] if _has(table, indexes)} if schema.ok else set()
    named = [table for table in tables if table in mentioned or table.rsplit(".", 1)[-1] in mentioned]
    tables = named or tables[:_MOST_TABLES]
    streams = sorted({stream for one in work for stream in PLAYBOOKS[one.playbook].streams}) if overview.ok else []
    desk.progress(f"plan: {', '.join(tables) or 'no table named'}; workstreams: {', '.join(streams) or 'none'}")
    return tables, streams, schema.id if schema.ok and tables else ""


def _has(table: dict[str, Any], indexes: set[str]) -> bool:
    """Whether the table has an index of one of these names."""
    found = (re.match(r"CREATE (?:UNIQUE )?INDEX \"?(.*?)\"? ON ", one) for one in table["indexes"])
    return any(one is not None and one[1].lower() in indexes for one in found)


def _goes_on(question: Question, playbook: str, before: Assignment) -> bool:
    """Whether the words only go on with the question before: nothing of their own to look at, the same situation."""
    of_its_own = question.statements or question.plan or question.names
    return not of_its_own and playbook in (before.playbook, OPEN_QUESTION.name)


def _called(labels: tuple[str, ...]) -> str:
    """The role that a label names beyond the general one."""
    return next((role.name for role in ROLES.values() if set(role.labels) & set(labels) - {"agent:database"}), "")
