"""Migration review: what would this do here: does it lock, does it fail, can it be undone."""

import re

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.mechanics import failed_at, locking, locks
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, Option, Proposal, Reply
from agents.sqltext import Sort
from common.evidence import Evidence
from common.findings import Finding
from tools.postgres.rehearsal.formats.reading import Reading

_WORDS = re.compile(
    r"\b(migrat\w*|roll ?(out|back)|deploy\w*|locks?|safe|zero[- ]downtime|undo\w*|alembic|ddl|schema change)\b", re.I
)
_LOCKS = re.compile(r"\b(lock(s|ed|ing)?|block(s|ed|ing)?|downtime)\b", re.I)
_RISK_OF_STEPS = "The steps take longer in all, and must run outside one transaction."
_RISK_OF_WAITING = "Where somebody holds the table for longer than the lock_timeout, it fails and is to be run again."
_WHY_TIMED = "The same with a lock_timeout, so that nobody queues behind it for long; rehearsed on the copy."
_LOST = 10
"""So much of what a way back loses is named."""
_VERDICTS = {
    "safe": "This can run as it is: a busy application would not notice",
    "careful": "This works, on one condition",
    "unsafe": "Do not run this as it is",
}


def fits(question: Question) -> float:
    """Statements that change the schema or many rows."""
    about = 0.1 if _WORDS.search(question.words) else 0.0
    if question.of(Sort.CHANGE):
        return 0.85 + about
    return 0.75 if question.of(Sort.WRITE) and about else 0.0


async def work(brief: Brief) -> Reply:
    """Rehearse the statements on a copy and say what they would do here."""
    pasted = brief.question.pasted
    up = ";\n".join(one.sql for one in brief.question.of(Sort.CHANGE, Sort.WRITE, Sort.OTHER)) + ";"
    if pasted is not None:
        up = pasted.up
    rehearsal = await brief.call("rehearse", up=up, down=pasted.down if pasted is not None else None)
    if not rehearsal.ok:
        return stopped(brief, "Migration review", rehearsal, input_is_wrong=rehearsal.status == "refused")
    findings = _findings(rehearsal)
    proposal = _proposal(brief, rehearsal, up)
    asked = f"{locking(rehearsal)} " if _LOCKS.search(brief.question.words) else ""
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Migration review",
        verdict=f"{asked}{_verdict(rehearsal, findings)}",
        prose=(*_read_as(pasted), *_prose(rehearsal)),
        findings=findings,
        proposals=(proposal,) if proposal else (),
        schema_evidence=brief.schema,
        looked_at=(rehearsal.id,),
        decides=True,
        status=CaseStatus.NEEDS_APPROVAL if proposal and proposal.authority != "full" else CaseStatus.DONE,
    )


def _read_as(pasted: Reading | None) -> tuple[str, ...]:
    """What the text was taken for, and what of it could not run. Figures in it are the text's own: left out."""
    if pasted is None:
        return ()
    kept = [pasted.what, *pasted.notes]
    said = [", ".join(part for part in each.split(", ") if not re.search(r"[\d`{}]", part)) for each in kept]
    return (f"Read as {said[0]}.", *(f"Note: {each}." for each in said[1:] if each))


def _findings(rehearsal: Evidence) -> tuple[Finding, ...]:
    found = [Finding.model_validate(one["finding"]) for one in rehearsal.data["findings"]]
    found.sort(key=lambda one: (one.severity.rank, one.code, one.object))
    return tuple(one.model_copy(update={"evidence": (rehearsal.id,)}) for one in found)


def _verdict(rehearsal: Evidence, findings: tuple[Finding, ...]) -> str:
    begin = _VERDICTS[rehearsal.data["verdict"]]
    safe, failed = rehearsal.data["verdict"] == "safe", failed_at(rehearsal) is not None
    worst = findings[0] if findings and not safe and not failed else None
    named = f" (`{worst.code}` on `{worst.object}`)" if worst else ""
    return " ".join(filter(None, (f"{begin}{named}.", _instead(rehearsal, worst), _way_back(rehearsal))))


def _instead(rehearsal: Evidence, worst: Finding | None) -> str:
    """What to do about the worst of it."""
    failed = failed_at(rehearsal)
    if failed is not None:
        return f"Statement {ref(rehearsal, f'steps.{failed}.statement')} fails here: {ref(rehearsal, f'steps.{failed}.error')}."
    unseen = worst is not None and worst.object.startswith("event trigger ")  # which runs with any other steps, too
    if (rehearsal.data["rewrite"] or {}).get("rehearsed") and not unseen:
        return "The steps below lead to the same end without that."
    given = rehearsal.data["findings"]
    at = next(
        (n for n, one in enumerate(given) if worst and one["finding"]["code"] == worst.code and one["remedy"]), None
    )
    return f"What would: {ref(rehearsal, f'findings.{at}.remedy')}" if at is not None else ""


def _way_back(rehearsal: Evidence) -> str:
    down = rehearsal.data["down"]
    if down["source"] == "none":
        if failed_at(rehearsal) is not None:
            return "It stopped there, so no way back was tried."
        return (
            f"No way back was given, and none follows from it: {ref(rehearsal, 'down.reason')}."
            if down["reason"]
            else ("No way back was given.")
        )
    whose = "that was given" if down["source"] == "given" else "that follows from it"
    if down["restores"] is None:
        return f"The way back {whose} was not tried."
    if not down["restores"]:
        return f"The way back {whose} does not bring back what was there."
    lost = " but loses what is named below" if down["lost"] else ""
    return f"The way back {whose} was run on the copy and restores catalogue and rows{lost}."


def _lost(rehearsal: Evidence) -> list[str]:
    """What the way back does not bring back, where the verdict says so."""
    lost = rehearsal.data["down"]["lost"] if rehearsal.data["down"]["restores"] else []
    if not lost:
        return []
    each = "\n".join(f"- {ref(rehearsal, f'down.lost.{number}')}" for number in range(len(lost[:_LOST])))
    more = f"\n\nWhat else it loses is listed in {rehearsal.id}." if len(lost) > _LOST else ""
    return [f"What the way back loses:\n\n{each}{more}"]


def _prose(rehearsal: Evidence) -> tuple[str, ...]:
    said = [*_lost(rehearsal), ref(rehearsal, "copy_about"), *locks(rehearsal), *_not_run(rehearsal)]
    if rehearsal.data["estimate"]["live_rows"] and failed_at(rehearsal) is None:
        said.append(
            f"At the live size ({ref(rehearsal, 'estimate.live_rows')} rows) expect about {ref(rehearsal, 'estimate.seconds')}."
        )
    return tuple(said)


def _not_run(rehearsal: Evidence) -> tuple[str, ...]:
    """A sentence where statements come after the one that failed."""
    steps = rehearsal.data["steps"]
    if all(one.get("ran", True) for one in steps):
        return ()
    whole = any(one["sql"].lower().startswith(("begin", "start")) for one in steps)
    psql = "" if whole else "; psql goes on with it unless ON_ERROR_STOP is set"
    return (f"What comes after the statement that fails was not run, and nothing is known of it{psql}.",)


def _proposal(brief: Brief, rehearsal: Evidence, up: str) -> Proposal | None:
    """The safe rewrite when there is one, else the migration itself with its way back when that is proven."""
    from tools.postgres.rehearsal.rewrite import only_timed

    authority = brief.role.authority.get("migration")
    if authority is None:
        return None
    rewrite, down = rehearsal.data["rewrite"] or {}, rehearsal.data["down"]
    if rewrite.get("up") and rewrite.get("rehearsed"):
        timed = only_timed(rewrite["up"], [one["sql"] for one in rehearsal.data["steps"]])
        return Proposal(
            kind="migration",
            up=rewrite["up"],
            down=rewrite["down"],
            why=_WHY_TIMED
            if timed
            else "The same end, by steps that do not stop the application; rehearsed on the copy.",
            risks=(_RISK_OF_WAITING,) if timed else (_RISK_OF_STEPS,),
            options=(
                Option(
                    title="The steps above", weighed="no long queue behind it" if timed else "no long lock", chosen=True
                ),
                Option(title="The migration as it was sent", weighed=_VERDICTS[rehearsal.data["verdict"]].lower()),
            ),
            authority=authority,
            rehearsal=rehearsal.id,
        )
    if rehearsal.data["verdict"] == "unsafe" or not down["restores"]:
        return None
    return Proposal(
        kind="migration",
        up=up,
        down=down["sql"],
        why="As it was sent, with the way back that was rehearsed.",
        authority=authority,
        rehearsal=rehearsal.id,
    )


MIGRATION_REVIEW = Playbook("migration-review", "architect", ("schema",), fits, work)
