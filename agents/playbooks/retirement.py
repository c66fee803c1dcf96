"""May this table or column go: who uses it, what hangs on it, what a DROP would break, and the way that can be taken back."""

import re
from typing import Any

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.mechanics import failed_at
from agents.playbooks.playbook import Playbook
from agents.playbooks.retirement_facts import counters, full, hanging, listed, quarantine, readers, removal
from agents.playbooks.words import merged, ref, stopped
from agents.reply import CaseStatus, Option, Proposal, Reply
from agents.sqltext import Sort, Statement
from common.evidence import Evidence
from common.findings import Finding
from tools.postgres.statements import parse

_N = r"[`\"]?([A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*){0,2})[`\"]?"
_ASKED = re.compile(
    r"\b(may|can|could|should|shall|ok(ay)?|safe|allowed|what (breaks|happens|depends|uses|reads|writes|needs)|who|"
    r"any(body|one|thing)|still|used?|unused|need(ed|s)?|necessary|depends?|obsolete|dead)\b",
    re.I,
)
_DROPS = re.compile(r"\b(drop(ped|ping)?|remov(e|ed|ing)|get(ting)? rid|delet(e|ed|ing)|retire)\b", re.I)
_USE = re.compile(r"\b(still|used|unused|needed|necessary|obsolete|(uses|reads|writes|depends on|needs))\b", re.I)
_WHAT = re.compile(r"\b(table|column|view)s?\b", re.I)
_HOW = re.compile(
    r"\b(locks?|block(s|ing)?|migrat\w*|deploy\w*|roll ?(out|back)|downtime|undo\w*|index(es)?|rows?|records?|entries|"
    r"retention)\b",
    re.I,
)
"""Words that ask how a DROP goes, or about another thing, and not whether the table or column is needed."""
_OF = r"\s+(?:of|from|in|on)\s+(?:the\s+)?(?:table\s+)?"
_COLUMN_OF = (
    re.compile(rf"\bcolumn\s+{_N}{_OF}{_N}", re.I),
    re.compile(rf"{_N}\s+column{_OF}{_N}", re.I),
)
_NAMED = (
    re.compile(rf"\b(?:table|column|view)\s+{_N}", re.I),
    re.compile(rf"{_N}\s+(?:table|column|view)\b", re.I),
)
_FILLERS = frozenset(
    """
    a an and any column delete drop dropping every from get in is me my no of old on or our remove some table that the this to
    unused use view what which whole your
    """.split()  # noqa: SIM905
)
_HARDLY = 100
"""Fewer scans than this may be a person, a dump, or this team, and no application."""
_SELDOM = 10
"""A statement called less often than this may be a person's."""
_YOUNG_S = 30 * 86_400
"""Counters younger than this have not seen a month's end."""


def fits(question: Question) -> float:
    """Words that ask whether a table or a column may go or is used; a DROP of one beside them."""
    if question.of(Sort.READ, Sort.WRITE) or question.pasted is not None or _HOW.search(question.words):
        return 0.0
    changes = question.of(Sort.CHANGE)
    if changes:
        return 0.97 if all(map(_dropped, changes)) and _ASKED.search(question.words) else 0.0
    if not (_ASKED.search(question.words) and (_DROPS.search(question.words) or _USE.search(question.words))):
        return 0.0
    return 0.9 if _WHAT.search(question.words) and _candidates(question) else 0.6 if question.names else 0.0


async def work(brief: Brief) -> Reply:
    """Look at every table or column that is named, and rehearse both the DROP and the way that can be taken back."""
    names = _candidates(brief.question) or list(brief.tables)
    use = await brief.call("use_of", names=names[:20])
    if not use.ok:
        return stopped(brief, "May it go?", use, input_is_wrong=use.status != "timeout")
    top = await brief.call("top_statements", limit=1_000)
    return merged([await _answered(brief, use, number, top) for number in range(len(use.data["found"]))])


def _dropped(statement: Statement) -> str:
    """The table or column that a statement drops, when it drops one and does nothing else; else empty."""
    from pglast import ast
    from pglast.enums import AlterTableType, ObjectType

    node = parse(statement.sql)[0].stmt
    kinds = (ObjectType.OBJECT_TABLE, ObjectType.OBJECT_VIEW, ObjectType.OBJECT_MATVIEW)
    if isinstance(node, ast.DropStmt) and node.removeType in kinds and len(node.objects or ()) == 1:
        return ".".join(str(part.sval) for part in (node.objects or ())[0])
    if isinstance(node, ast.AlterTableStmt) and node.relation is not None and len(node.cmds or ()) == 1:
        command = (node.cmds or ())[0]
        if command.subtype == AlterTableType.AT_DropColumn:
            parts = (node.relation.schemaname, node.relation.relname, command.name)
            return ".".join(str(part) for part in parts if part)
    return ""


def _candidates(question: Question) -> list[str]:
    """What the question may be about, the surest first: what its statements drop, else what its words name."""
    if changes := question.of(Sort.CHANGE):
        return list(dict.fromkeys(map(_dropped, changes)))
    pairs = [found for pattern in _COLUMN_OF for found in pattern.findall(question.words)]
    if pairs:
        return list(dict.fromkeys(f"{table}.{column}" for column, table in pairs))
    named = [found for pattern in _NAMED for found in pattern.findall(question.words)]
    names = list(dict.fromkeys(name for name in (*named, *question.names) if name.lower() not in _FILLERS))
    return [name for name in names if not any(other.startswith(f"{name}.") for other in names)]


async def _answered(brief: Brief, evidence: Evidence, number: int, top: Evidence) -> Reply:
    use, at = evidence.data["found"][number], f"found.{number}"
    reading = readers(top, use)
    in_the_way = hanging(use, "in the way")
    scans = (use["sequential_scans"] or 0) + (use["index_scans"] or 0)
    often = any(top.data["statements"][each]["calls"] >= _SELDOM for each in reading)
    used = often or bool(use["sessions_now"]) or (scans >= _HARDLY and not use["column"])
    dropping = await brief.call("rehearse", up=removal(use, cascade=bool(in_the_way)), down=None)
    proposal = None if used else await _aside(brief, evidence, use)
    status = CaseStatus.PARTIAL if not dropping.ok or not top.ok else CaseStatus.DONE
    if proposal and proposal.authority != "full":
        status = CaseStatus.NEEDS_APPROVAL
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="May it go?",
        verdict=_verdict(brief, evidence, use, at, top, reading, proposal),
        prose=(
            " ".join(counters(evidence, use, at)),
            *_reading(use, top, reading),
            *_hanging(use, in_the_way),
            *_broken(dropping),
            *_steps(use, proposal),
        ),
        findings=_findings(dropping, use),
        proposals=(proposal,) if proposal else (),
        schema_evidence=brief.schema,
        looked_at=tuple(filter(None, (evidence.id, top.id, dropping.id, proposal.rehearsal if proposal else ""))),
        decides=True,
        status=status,
    )


def _verdict(
    brief: Brief,
    evidence: Evidence,
    use: dict[str, Any],
    at: str,
    top: Evidence,
    reading: list[int],
    proposal: Proposal | None,
) -> str:
    name = f"`{full(use)}`"
    wants = bool(_DROPS.search(brief.question.words)) or bool(brief.question.statements)
    in_the_way, by_text = hanging(use, "in the way"), hanging(use, "by text")
    if reading:
        calls = f"was called {ref(top, f'statements.{reading[0]}.calls')} times"
        if all(top.data["statements"][each]["calls"] < _SELDOM for each in reading):
            begin = f"Not yet: {name} is hardly used" if wants else f"Hardly: {name} is seldom used"
            return f"{begin}. A statement that names it {calls}: find out whose it is before it goes."
        begin = f"No, do not drop {name}: it is used" if wants else f"Yes, {name} is used"
        return f"{begin}. Of the statements counted here that name it, the one that takes the most time {calls}."
    if use["sessions_now"]:
        begin = f"No, do not drop {name}: it is in use" if wants else f"Yes, {name} is in use"
        return f"{begin} at this moment (sessions that hold a lock on it: {ref(evidence, f'{at}.sessions_now')})."
    scans = (use["sequential_scans"] or 0) + (use["index_scans"] or 0)
    if scans >= _HARDLY and not use["column"]:
        begin = f"No, do not drop {name} yet" if wants else f"{name} is probably used"
        return (
            f"{begin}: it was read by sequential scans {ref(evidence, f'{at}.sequential_scans')} times and by index scans "
            f"{ref(evidence, f'{at}.index_scans')} times, though no statement that is counted here names it."
        )
    begin = "Not as it is" if wants else f"No use of {name} is seen here"
    if in_the_way:
        rest = f": nothing that can be seen here reads or writes {name}, but" if wants else ", but"
        return f"{begin}{rest} {listed(in_the_way)} hangs on it: a plain DROP fails, and CASCADE takes that along."
    if by_text:
        link = ":" if wants else ", but"
        return f"{begin}{link} {listed(by_text)} names {name} in its source and would fail when it next runs."
    doubt = _doubt(evidence, use, top)
    if not wants:
        return f"No use of {name} is seen here{doubt}."
    slowly = (
        "Rename it first, as below, and drop it when nobody has missed it"
        if proposal
        else "Rename it before it is dropped"
    )
    return f"Probably, but not at once: nothing that can be seen here reads, writes or needs {name}{doubt}. {slowly}."


def _doubt(evidence: Evidence, use: dict[str, Any], top: Evidence) -> str:
    """What makes "nothing uses it" weak."""
    age = evidence.data["statistics_age_s"]
    if use["sequential_scans"] is None and not top.ok:
        return ", but this role sees neither counters nor statements"
    if not top.ok:
        return ", but the statements that run here are not counted"
    if age is not None and age < _YOUNG_S:
        return f", but the counters have run for {ref(evidence, 'statistics_age_s')} only"
    return ""


def _reading(use: dict[str, Any], top: Evidence, reading: list[int]) -> tuple[str, ...]:
    if not top.ok:
        return ("Which statements name it could not be looked at: see the evidence.",)
    unnamed = " A `SELECT *` reads it without its name." if use["column"] else ""
    own = " This role sees only its own statements." if top.data["only_own"] else ""
    if not reading:
        return (f"No query that is counted in `pg_stat_statements` names it.{unnamed}{own}",)
    at = f"statements.{reading[0]}"
    return (
        f"The query naming it that takes the most time ({ref(top, f'{at}.total_ms')} in all):\n\n"
        f"```sql\n{ref(top, f'{at}.statement')}\n```",
    )


def _hanging(use: dict[str, Any], in_the_way: list[str]) -> tuple[str, ...]:
    said = []
    if in_the_way:
        said.append(f"In the way of a plain DROP, and gone with `CASCADE`: {listed(in_the_way)}.")
    if also := hanging(use, "goes too"):
        said.append(f"Gone with it in any case: {listed(also)}.")
    if feeds := hanging(use, "feeds"):
        said.append(f"Rows pass through it: {listed(feeds)}. Whoever receives or hands on these rows has to be asked.")
    if by_text := hanging(use, "by text"):
        said.append(f"Named in source, which no DROP checks: {listed(by_text)}.")
    if not said:
        said.append("No view, foreign key, function, trigger, policy, publication or partition hangs on it.")
    return tuple(said)


def _broken(dropping: Evidence) -> tuple[str, ...]:
    """What the DROP did on the copy."""
    if not dropping.ok:
        return ("The DROP could not be rehearsed: see the evidence.",)
    failed = failed_at(dropping)
    if failed is not None:
        return (f"On the copy the DROP fails: {ref(dropping, f'steps.{failed}.error')}.",)
    fails = [n for n, one in enumerate(dropping.data["served"]) if one["error"]]
    if fails:
        error = ref(dropping, f"served.{fails[0]}.error")
        calls = ref(dropping, f"served.{fails[0]}.calls")
        return (f"After the DROP on the copy, a statement that ran {calls} times on this server fails: {error}.",)
    after = ", and of the busiest statements on these tables none failed after it" if dropping.data["served"] else ""
    return (f"The DROP ran through on the copy{after}.",)


def _findings(dropping: Evidence, use: dict[str, Any]) -> tuple[Finding, ...]:
    """What would break beside it, as the rehearsal of the DROP found it; less what is a part of it."""
    if not dropping.ok:
        return ()
    own = [one["name"] for one in use["dependents"] if one["how"] == "goes too"]
    found = [Finding.model_validate(one["finding"]) for one in dropping.data["findings"]]
    told = [one for one in found if one.code == "dependent-object-breaks" and one.object not in own]
    return tuple(one.model_copy(update={"evidence": (dropping.id,)}) for one in told)


async def _aside(brief: Brief, evidence: Evidence, use: dict[str, Any]) -> Proposal | None:
    """Taking it out of sight, with the way back, once that was rehearsed and does lead back."""
    authority = brief.role.authority.get("migration")
    if authority is None or hanging(use, "feeds"):
        return None
    up, down, _ = quarantine(use, evidence.role)
    rehearsal = await brief.call("rehearse", up=up, down=down)
    if not rehearsal.ok or failed_at(rehearsal) is not None or not rehearsal.data["down"]["restores"]:
        return None
    return Proposal(
        kind="migration",
        up=up,
        down=down,
        why="Out of sight first: whoever still needs it fails at once, and the rollback brings it back with all its rows.",
        risks=(
            "The lock is held for a moment only, and given up on when a long transaction keeps it waiting: then run it again.",
            "Views and foreign keys follow the new name, so what uses it through them does not fail.",
        ),
        options=(
            Option(title="Rename and revoke first", weighed="can be taken back at any time", chosen=True),
            Option(title="Drop it at once", weighed="only a backup brings it back"),
            Option(title="Keep it", weighed="costs its space, and a question every year"),
        ),
        authority=authority,
        rehearsal=rehearsal.id,
    )


def _steps(use: dict[str, Any], proposal: Proposal | None) -> tuple[str, ...]:
    """What comes after the rename."""
    if proposal is None:
        return ()
    aside = quarantine(use, "")[2]
    what = "the key and this column with `\\copy`" if use["column"] else f"`{aside}` with `pg_dump --table`"
    return (
        "The way, in order: the rename below; a full business cycle, a month's end included, with an eye on errors in the log, "
        f"on replicas' counters too; a dump of {what}, kept and once restored; then the DROP of `{aside}` without CASCADE, "
        "behind the same `lock_timeout`, so that anything forgotten stops it instead of going with it.",
    )


RETIREMENT = Playbook("retirement", "architect", ("schema",), fits, work)
