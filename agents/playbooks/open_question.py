"""No playbook fits: an honest answer that says what was looked at, what was found, and what it would need."""

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, Reply


def fits(question: Question) -> float:
    """Always a little: whatever nothing else fits."""
    return 0.05


async def work(brief: Brief) -> Reply:
    """Look at the server and at the tables named; say what a useful question would hold."""
    overview = await brief.call("overview")
    if not overview.ok:
        return stopped(brief, "What was asked", overview, input_is_wrong=False)
    looked = [overview]
    prose = []
    if brief.tables:
        statistics = await brief.call("table_statistics", tables=list(brief.tables))
        looked.append(statistics)
        names = ", ".join(f"`{name}`" for name in brief.tables)
        prose.append(f"The tables it seems to be about: {names}; their statistics are in the evidence below.")
    prose.append(
        "What would let the team answer: the statement that is slow (with real values), the migration you want to run, the "
        "name of an index you doubt, or the words *health check*."
    )
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="What was asked",
        verdict=(
            "No rule of the team fits this question, so it is not answered. The server is up: PostgreSQL "
            f"{ref(overview, 'server_version')}, database {ref(overview, 'database')}."
        ),
        prose=tuple(prose),
        looked_at=tuple(one.id for one in looked),
        status=CaseStatus.PARTIAL,
        problem=""
        if brief.tables
        else "There is no question in this text that a rule fits. Say what is slow, or paste the statement or migration.",
    )


OPEN_QUESTION = Playbook("open-question", "architect", ("schema",), fits, work)
