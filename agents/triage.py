"""Triage and plan: which playbook and role answer which question, and which tables it is about."""

from pydantic import BaseModel, ConfigDict

from agents.asked import Question, questions
from agents.desk import Desk
from agents.playbooks import PLAYBOOKS
from agents.roles import ROLES


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
    found = []
    for question in questions(desk.issue.title, desk.issue.body):
        playbook = max(PLAYBOOKS.values(), key=lambda one: one.fits(question))
        role = wanted or playbook.role
        desk.progress(f"triage: question {question.number}: {playbook.name}, for the {role}")
        found.append(Assignment(question=question, playbook=playbook.name, role=role))
    return found


async def plan(work: list[Assignment], desk: Desk) -> tuple[list[str], list[str]]:
    """The tables the questions are about, as the server knows them, and the workstreams that look at them."""
    overview = await desk.runner.call("overview")
    names = {name for one in work for name in one.question.names}
    statements = [statement.sql for one in work for statement in one.question.statements]
    words = "\n".join(one.question.words for one in work)
    schema = await desk.runner.call("schema", question=words, names=sorted(names), statements=statements)
    tables = [table["name"] for table in schema.data.get("tables", ())] if schema.ok else []
    streams = sorted({stream for one in work for stream in PLAYBOOKS[one.playbook].streams}) if overview.ok else []
    desk.progress(f"plan: {', '.join(tables) or 'no table named'}; workstreams: {', '.join(streams) or 'none'}")
    return tables, streams


def _called(labels: tuple[str, ...]) -> str:
    """The role that a label names beyond the general one."""
    return next((role.name for role in ROLES.values() if set(role.labels) & set(labels) - {"agent:database"}), "")
