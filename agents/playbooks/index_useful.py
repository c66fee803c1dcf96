"""Is this index useful: who reads it, what it guards, what it costs, and what would happen without it (or with it)."""

import re
from typing import Any

from psycopg import sql

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.one_query import answer_one
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import merged, ref, stopped
from agents.reply import CaseStatus, Option, Proposal, Reply
from agents.sqltext import Sort
from agents.streams.seen import about
from common.evidence import Evidence
from common.findings import Finding
from tools.postgres.statements import parse

_INDEX = re.compile(r"\bindex(es)?\b|\w_(idx|index|pkey)\b", re.I)
_ON = re.compile(r"\bindex\s+on\s+(?:table\s+)?([\w.]+)\s*\(([\w\s,]+)\)", re.I)
"""An index that is only spoken of: `an index on orders(placed_at)`."""
_USEFUL = re.compile(
    r"\b(useful|useless|used|unused|need(ed)?|necessary|redundant|duplicate|worth|helps?|drop(ped)?|remove|keep|makes? sense|"
    r"get rid)\b",
    re.I,
)
_CREATE = re.compile(r"\s*create\s+(unique\s+)?index\b", re.I)
_HARDLY = 100
"""Fewer scans than this may be a person, or this team with EXPLAIN ANALYZE, and no application."""
_SPARE = ("duplicate-index", "redundant-index", "invalid-index", "unused-index")


def fits(question: Question) -> float:
    """Words about the use of an index, with its name or the statement that makes or drops it."""
    only_index = all(
        re.match(r"\s*(create|drop)\s+(unique\s+)?index\b", one.sql, re.I) for one in question.of(Sort.CHANGE)
    )
    if not (_INDEX.search(question.words) and _USEFUL.search(question.words) and only_index):
        return 0.0
    return 0.92 if question.names or question.of(Sort.CHANGE) else 0.5


async def work(brief: Brief) -> Reply:
    """Judge every index that is named; one that does not exist yet is tried on the statements of the question."""
    wanted = [one.sql for one in brief.question.of(Sort.CHANGE) if _CREATE.match(one.sql)]
    wanted += _spoken_of(brief.question.words)
    reads = brief.question.of(Sort.READ)
    if wanted and reads:
        also = [{"name": "the index in question", "up": one, "down": way_back(one)} for one in wanted]
        return merged([await answer_one(brief, one.sql, also=also) for one in reads])
    indexes = await brief.call("indexes")
    if not indexes.ok:
        return stopped(brief, "Is this index useful?", indexes, input_is_wrong=False)
    named = [number for number, one in enumerate(indexes.data["indexes"]) if _is_named(one, brief.question)]
    if not named and reads:
        return merged([await answer_one(brief, one.sql) for one in reads])
    if not named:
        return await _unknown(brief, indexes, wanted)
    health = await brief.call("health", codes=sorted(_SPARE))
    spare = {finding.object: finding for finding in about(health)}
    return merged([await _judged(brief, indexes, number, spare, health) for number in named[:3]])


def _spoken_of(words: str) -> list[str]:
    """CREATE INDEX for each index that the words name by its table and columns."""
    found = []
    for table, columns in _ON.findall(words):
        names = [part.strip() for part in columns.split(",") if part.strip()]
        index = "_".join((table.rsplit(".", 1)[-1], *names, "idx"))
        place = sql.Identifier(*table.split("."))
        keys = sql.SQL(", ").join(map(sql.Identifier, names))
        made = sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} ({})").format(sql.Identifier(index), place, keys)
        found.append(made.as_string())
    return found


def way_back(create_index: str) -> str:
    """DROP INDEX for a CREATE INDEX that names its index; empty for one that leaves the name to the server."""
    from pglast import ast

    statement = parse(create_index)[0].stmt
    if not isinstance(statement, ast.IndexStmt) or not statement.idxname or statement.relation is None:
        return ""
    parts = [part for part in (statement.relation.schemaname, statement.idxname) if part]
    return f"DROP INDEX {'CONCURRENTLY ' if statement.concurrent else ''}{sql.Identifier(*parts).as_string()}"


def _is_named(index: dict[str, Any], question: Question) -> bool:
    name = str(index["name"])
    text = question.words + " " + " ".join(one.sql for one in question.statements)
    return (
        re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)|(?<!\w){re.escape(name.rsplit('.', 1)[-1])}(?!\w)", text)
        is not None
    )


async def _unknown(brief: Brief, indexes: Evidence, wanted: list[str]) -> Reply:
    if wanted:
        verdict = (
            "Whether this index would be useful depends on the statements that would read it, and none was given. "
            "Paste the statement it is meant for; it is then tried with and without the index on a copy."
        )
    else:
        verdict = "No index of that name can be seen by this role, so nothing can be said of it. Check the name."
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Is this index useful?",
        verdict=verdict,
        looked_at=(indexes.id,),
        status=CaseStatus.PARTIAL,
        problem=""
        if wanted
        else "No index of that name can be seen by this role. Check the name, or GRANT SELECT on its table.",
    )


async def _judged(brief: Brief, indexes: Evidence, number: int, spare: dict[str, Finding], health: Evidence) -> Reply:
    index = indexes.data["indexes"][number]
    at = f"indexes.{number}"
    finding = spare.get(str(index["name"]))
    proposal = await _drop(brief, index, finding) if finding and not index["enforces_constraint"] else None
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Is this index useful?",
        verdict=_verdict(indexes, index, at, finding, proposal is not None),
        prose=(_use(indexes, index, at),),
        findings=(finding,) if finding else (),
        proposals=(proposal,) if proposal else (),
        looked_at=tuple(one for one in (indexes.id, health.id, proposal.rehearsal if proposal else "") if one),
        status=CaseStatus.DONE if proposal or not finding or index["enforces_constraint"] else CaseStatus.PARTIAL,
    )


def _verdict(indexes: Evidence, index: dict[str, Any], at: str, finding: Finding | None, droppable: bool) -> str:
    name = f"`{index['name']}`"
    if index["primary"] or index["enforces_constraint"]:
        return f"Keep {name}: it enforces a constraint, whether or not statements read it."
    if finding and droppable:
        return f"Drop {name}: `{finding.code}`. The rehearsal on a copy and the way back are below."
    if finding:
        return f"{name} is probably of no use (`{finding.code}`), but its removal could not be rehearsed: see below."
    if index["unique"]:
        return f"Keep {name}: it is unique, so it guards the data even where no statement reads it."
    if index["scans"]:
        used = f"scans by statements on this server since the counters began: {ref(indexes, f'{at}.scans')}"
        if index["scans"] < _HARDLY:
            return f"{name} is hardly used ({used}; this team's looks count too). Find out who needs it before it is dropped."
        return f"Keep {name}: it is used ({used})."
    if index["scans"] is None:
        return f"Whether {name} is used cannot be told: this role sees no counters."
    return (
        f"No statement has used {name} on this server since its counters began, but they are too young, or the index too small, "
        "to drop it for that alone."
    )


def _use(indexes: Evidence, index: dict[str, Any], at: str) -> str:
    age = (
        f" Counters run since {ref(indexes, 'statistics_age_s')}."
        if indexes.data["statistics_age_s"] is not None
        else ""
    )
    return (
        f"`{index['definition']}` takes {ref(indexes, f'{at}.size_bytes')}.{age} "
        "A replica counts its own use: look there too before an index is dropped."
    )


async def _drop(brief: Brief, index: dict[str, Any], finding: Finding) -> Proposal | None:
    """Dropping the index, once that was rehearsed."""
    authority = brief.role.authority.get("drop-index")
    up = _quoted_drop(str(index["name"]))
    down = re.sub(r"^(CREATE (?:UNIQUE )?INDEX)", r"\1 CONCURRENTLY", str(index["definition"]))
    rehearsal = await brief.call("rehearse", up=up, down=down)
    if authority is None or not rehearsal.ok or rehearsal.data["down"]["restores"] is False:
        return None
    return Proposal(
        kind="drop-index",
        up=up,
        down=down,
        why=f"It costs every write and brings nothing: `{finding.code}`.",
        risks=(
            "A statement that runs rarely, or only on a replica, may need it: keep the way back at hand for a month.",
        ),
        options=(
            Option(title="Drop it", weighed="less to write and to keep in memory", chosen=True),
            Option(title="Keep it", weighed="nothing changes"),
        ),
        authority=authority,
        rehearsal=rehearsal.id,
    )


def _quoted_drop(name: str) -> str:
    return f"DROP INDEX CONCURRENTLY {name}"


INDEX_USEFUL = Playbook("index-useful", "persona", ("performance",), fits, work)
