"""Slow query: what the statement really does, what would make it fast, measured on a copy, or why nothing would."""

import re

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.handing import handoffs
from agents.playbooks.one_plan import answer_plan, with_plan
from agents.playbooks.one_query import answer_one, answer_write
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import merged, stopped, why
from agents.reply import CaseStatus, Reply
from agents.sqltext import Sort, Statement
from agents.streams.seen import about
from common.errors import DbcrewError
from common.evidence import Evidence
from tools.postgres.advise.reads import as_read

_SLOW = re.compile(
    r"\b(slow\w*|sluggish\w*|takes?|seconds?|minutes?|time[sd]?[ -]?out\w*|latency|laggy|crawl\w*|unresponsive|freez\w+|"
    r"frozen|hangs?|hanging|stuck|perform\w*|speed|"
    r"faster|optimi[sz]e\w*|expensive|cpu|load(ing)?)\b",
    re.I,
)
_INSERT = re.compile(r"\s*(with\b.*\)\s*)?insert\b", re.I | re.S)
_SAVES = re.compile(r"\b(sav(e|es|ing)|updat\w*|delet\w*|writ(e|es|ing)|chang(e|es|ing)|import\w*|submit\w*)\b", re.I)
_MOST = 3
_REPEATED = 2
"""A statement that ran less often was somebody's own, not the application's: it comes last."""
_SLOWS = (
    "stale-statistics",
    "dead-tuples",
    "bloated-table",
    "bloated-index",
    "invalid-index",
    "foreign-key-without-index",
)
"""What makes statements on a table slow, whichever they are."""
_TOO_MANY = "The statements after the first few were not looked at: ask about them on their own."


def fits(question: Question) -> float:
    """A statement that reads, a pasted plan, or words about time."""
    slow = 0.25 if _SLOW.search(question.words) else 0.0
    if question.of(Sort.READ, Sort.WRITE):
        return 0.6 + slow
    if question.plan:
        return 0.65 + slow
    if question.of(Sort.BROKEN):
        return 0.4 + slow
    return 2 * slow


async def work(brief: Brief) -> Reply:
    """Answer every statement of the question; without one, look for the statements the words may be about."""
    statements = brief.question.of(Sort.READ, Sort.WRITE, Sort.BROKEN)
    if statements:
        replies = [await _answer(brief, one) for one in statements[:_MOST]]
        left = [_TOO_MANY] if len(statements) > _MOST else []
        reply = await with_plan(brief, merged(replies, left))
        return reply if reply.problem else reply.model_copy(update={"handoffs": await handoffs(brief)})
    return await answer_plan(brief) if brief.question.plan else await _by_words(brief)


async def _answer(brief: Brief, statement: Statement) -> Reply:
    try:
        read = as_read(statement.sql)
    except DbcrewError:
        read = statement.sql  # the tools say what is wrong with it
    if read and read != statement.sql:
        return await answer_write(brief, statement.sql, read)
    if not read and _INSERT.match(statement.sql):
        return await _plain_insert(brief)
    return await answer_one(brief, statement.sql)


async def _plain_insert(brief: Brief) -> Reply:
    """An INSERT of values: nothing to find, so nothing to make faster by finding it."""
    indexes, activity = await brief.call("indexes"), await brief.call("activity")
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Slow query",
        verdict="An INSERT of values looks nothing up, so no index makes it faster. It changes rows, so it was not run on the "
        "live server.",
        prose=(
            "Its time goes into what hangs on the table: indexes to write, triggers, foreign keys and checks, or into waiting "
            "for a lock. The indexes and the sessions that wait now are in the evidence below; many rows go in faster with "
            "one statement, or with COPY.",
        ),
        looked_at=(indexes.id, activity.id),
    )


async def _by_words(brief: Brief) -> Reply:
    top = await brief.call("top_statements", limit=20)
    if not top.ok:
        return await _without_statements(brief, top)
    statements = top.data["statements"]
    named = _in_words(brief)

    def rank(each: int) -> tuple[int, bool]:
        return -len(_mentioned(str(statements[each]["statement"]), named)), statements[each]["calls"] < _REPEATED

    for position in sorted(range(len(statements)), key=rank):
        statement = str(statements[position]["statement"])
        meant = not brief.tables or _mentioned(statement, brief.tables)
        if meant and _looks_up(statement, bool(_SAVES.search(brief.question.words))):
            reply = await _answer(brief, Statement(sql=statement, sort=Sort.READ))
            at = f"{top.id}.statements.{position}"
            often = "more than once" if statements[position]["calls"] >= _REPEATED else "at all, and only once each"
            where = "on these tables" if brief.tables else "on this server"
            found = (
                f"No statement was given. Of those that ran {where} {often}, this one took the most time: "
                f"{{{at}.total_ms}} in all, calls: {{{at}.calls}}. If another one is meant, paste it."
                f"\n\n```sql\n{{{at}.statement}}\n```"
            )
            return reply.model_copy(
                update={
                    "verdict": _if_meant(statement, named) + reply.verdict,
                    "prose": (found, *reply.prose),
                    "looked_at": (top.id, *reply.looked_at),
                }
            )
    wanted = "reads a table that was named" if brief.tables else "looks rows up in a table"
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Slow, but which statement?",
        verdict=f"No statement was given, and none of those that take the most time here {wanted}. Paste it "
        "as the application sends it, with real values.",
        looked_at=(top.id,),
        status=CaseStatus.PARTIAL,
        problem="There is no statement in this text. Paste the one that is slow, as the application sends it.",
    )


async def _without_statements(brief: Brief, top: Evidence) -> Reply:
    """What can be said when the server does not tell which statements take the time: what the health of the tables shows,
    or of all tables when none is named."""
    nothing = stopped(brief, "Slow, but which statement?", top, input_is_wrong=False)
    if top.data.get("engine_lost"):
        return nothing
    health = await brief.call("health", codes=sorted(_SLOWS))
    found = about(health, brief.tables or None)
    if not found:
        return nothing
    worst = found[0]
    verdict = (
        f"What stands out there is `{worst.code}` on `{worst.object}`, see the findings. Which statement is slow cannot be told: "
        f"{why(top)} Or paste it, as the application sends it."
    )
    return nothing.model_copy(update={"verdict": verdict, "findings": tuple(found), "looked_at": (top.id, health.id)})


def _looks_up(statement: str, writes: bool) -> bool:
    """Whether it finds rows in tables that are there: no INSERT, no utility command, nothing that was cut off.

    One that changes them counts only when the question is about changing.
    """
    try:
        read = as_read(statement)
    except DbcrewError:
        return False
    return bool(read) and (writes or read == statement) and not re.match(r"\s*insert\b", statement, re.I)


def _in_words(brief: Brief) -> tuple[str, ...]:
    """The tables that the question names in its words."""
    words = {word.lower() for word in re.findall(r"\w+", brief.question.words)}
    return tuple(name for name in brief.tables if name.rsplit(".", 1)[-1].lower() in words)


def _mentioned(statement: str, tables: tuple[str, ...]) -> list[str]:
    return [name for name in tables if re.search(rf"\b{re.escape(name.rsplit('.', 1)[-1])}\b", statement)]


def _if_meant(statement: str, named: tuple[str, ...]) -> str:
    """What comes first when the statement that was found does not read all that was named."""
    lacking = [name for name in named if name not in _mentioned(statement, named)]
    if not lacking:
        return ""
    return (
        f"This may not be the statement that is meant: none of those that take the most time here reads "
        f"{' and '.join(f'`{name}`' for name in lacking)} as well. "
    )


SLOW_QUERY = Playbook("slow-query", "architect", ("schema", "performance", "security", "scalability"), fits, work)
