"""Is this index useful: who reads it, what it guards, what it costs, and what would happen without it (or with it)."""

import re
from typing import Any

from psycopg import sql

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.index_facts import filled, guarded, keys, no_such, on, read_by
from agents.playbooks.mechanics import locks
from agents.playbooks.one_query import answer_one
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import merged, ref, stopped
from agents.reply import CaseStatus, Option, Proposal, Reply
from agents.sqltext import Sort
from agents.streams.seen import about
from common.evidence import Evidence
from common.findings import Finding, Severity
from tools.postgres.statements import parse

_INDEX = re.compile(r"\bindex(es)?\b|\w_(idx|index|pkey)\b", re.I)
_ON = re.compile(r"\bindex\s+on\s+(?:table\s+)?([\w.]+)\s*\(([\w\s,]+)\)", re.I)
"""An index that is only spoken of: `an index on orders(placed_at)`."""
_USEFUL = re.compile(
    r"\b(useful|useless|used|unused|need(ed)?|necessary|redundant|duplicate|worth|helps?|drop(ped)?|remove|keep|makes? sense|"
    r"get rid)\b",
    re.I,
)
_HOW = re.compile(r"\b(locks?|block(s|ing)?|migrat\w*|deploy\w*|roll ?(out|back)|downtime|undo\w*)\b", re.I)
"""Words that ask how a DROP INDEX goes, and not whether the index is needed."""
_DROP = re.compile(r"\s*drop\s+index\b", re.I)
_DROPS = re.compile(r"\b(drop(ped|ping)?|remov(e|ing)|get rid|delete)\b", re.I)
_CREATE = re.compile(r"\s*create\s+(unique\s+)?index\b", re.I)
_ALL = 2_000
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_HARDLY = 100
"""Fewer scans than this may be a person, or this team with EXPLAIN ANALYZE, and no application."""
_SPARE = ("duplicate-index", "redundant-index", "invalid-index", "unused-index")


def fits(question: Question) -> float:
    """Words about the use of an index, with its name or the statement that makes or drops it."""
    changes = question.of(Sort.CHANGE)
    asked = question.words.strip(" \t\n?!.:;-")
    if changes and all(_DROP.match(one.sql) for one in changes) and asked and question.pasted is None:
        return 0.0 if _HOW.search(asked) else 0.97
    if _ON.search(question.words) and question.of(Sort.READ) and not changes:
        return 0.92
    only_index = all(
        re.match(r"\s*(create|drop)\s+(unique\s+)?index\b", one.sql, re.I) for one in question.of(Sort.CHANGE)
    )
    if not (_INDEX.search(question.words) and _USEFUL.search(question.words) and only_index):
        return 0.0
    return 0.92 if question.names or question.of(Sort.CHANGE) else 0.5


async def work(brief: Brief) -> Reply:
    """Judge every index that is named; one that does not exist yet is tried on the statements of the question."""
    reads = brief.question.of(Sort.READ)
    indexes = await brief.call("indexes", limit=_ALL)
    if not indexes.ok:
        return stopped(brief, "Is this index useful?", indexes, input_is_wrong=False)
    spoken = [_full(brief, one) for one in _spoken_of(brief.question.words)]
    there = [(one, on(indexes, *one)) for one in spoken]
    wanted = [one.sql for one in brief.question.of(Sort.CHANGE) if _CREATE.match(one.sql)]
    wanted += [_made(*one) for one, found in there if not found]
    known = [number for _, found in there for number in found]
    if reads and (wanted or known):
        also = [{"name": "the index in question", "up": one, "down": way_back(one)} for one in wanted]
        answer = merged([await answer_one(brief, one.sql, also=also) for one in reads])
        for one, found in there:
            answer = await _already(brief, answer, indexes, one[1], found) if found else answer
        return answer
    named = _named(indexes, brief.question) or known
    if not named and reads:
        return merged([await answer_one(brief, one.sql) for one in reads])
    if not named:
        return await _unknown(brief, indexes, wanted)
    health = await brief.call("health", codes=sorted(_SPARE))
    spare = {finding.object: finding for finding in about(health)}
    named.sort(key=lambda number: indexes.data["indexes"][number]["name"] not in spare)
    return merged([await _judged(brief, indexes, number, spare, health) for number in named[:3]])


def _spoken_of(words: str) -> list[tuple[str, tuple[str, ...]]]:
    """Table and columns of each index that the words name by them."""
    found = []
    for table, columns in _ON.findall(words):
        found.append((table, tuple(part.strip() for part in columns.split(",") if part.strip())))
    return found


def _full(brief: Brief, spoken: tuple[str, tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    """The same with the table's schema, where one table of the question has that name."""
    table, columns = spoken
    fitting = [one for one in brief.tables if one.rsplit(".", 1)[-1] == table]
    return (fitting[0] if len(fitting) == 1 else table, columns)


def _made(table: str, columns: tuple[str, ...]) -> str:
    """CREATE INDEX for an index that is only spoken of."""
    index = "_".join((table.rsplit(".", 1)[-1], *columns, "idx"))
    place = sql.Identifier(*table.split("."))
    on_columns = sql.SQL(", ").join(map(sql.Identifier, columns))
    made = sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} ({})").format(sql.Identifier(index), place, on_columns)
    return made.as_string()


async def _already(brief: Brief, answer: Reply, indexes: Evidence, columns: tuple[str, ...], found: list[int]) -> Reply:
    """The answer on a statement, led by the index that was asked for and is there already."""
    names = [f"`{indexes.data['indexes'][number]['name']}`" for number in found]
    table = str(indexes.data["indexes"][found[0]]["table"])
    share, statistics = await filled(brief, table, columns)
    repeats = f", and so is its repeat {', '.join(names[1:])}: drop that" if len(names) > 1 else ""
    begin = f"Do not add it: that index is there already, {names[0]}{repeats}. {share}".strip()
    return answer.model_copy(
        update={
            "verdict": f"{begin} {answer.verdict}",
            "looked_at": tuple(filter(None, (indexes.id, statistics, *answer.looked_at))),
            "decides": True,
        }
    )


def way_back(create_index: str) -> str:
    """DROP INDEX for a CREATE INDEX that names its index; empty for one that leaves the name to the server."""
    from pglast import ast

    statement = parse(create_index)[0].stmt
    if not isinstance(statement, ast.IndexStmt) or not statement.idxname or statement.relation is None:
        return ""
    parts = [part for part in (statement.relation.schemaname, statement.idxname) if part]
    return f"DROP INDEX {'CONCURRENTLY ' if statement.concurrent else ''}{sql.Identifier(*parts).as_string()}"


def _named(indexes: Evidence, question: Question) -> list[int]:
    """The positions of the indexes the question names: with their schema where it gives one, else by the bare name."""
    text = question.words + " " + " ".join(one.sql for one in question.statements)
    names = [str(one["name"]) for one in indexes.data["indexes"]]
    full = [number for number, name in enumerate(names) if _stands(name, text)]
    said = " ".join(names[number] for number in full)
    bare = [number for number, name in enumerate(names) if _stands(name.rsplit(".", 1)[-1], text)]
    return full + [number for number in bare if not _stands(names[number].rsplit(".", 1)[-1], said)]


def _stands(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I) is not None


async def _unknown(brief: Brief, indexes: Evidence, wanted: list[str]) -> Reply:
    if wanted:
        verdict = (
            "Whether this index would be useful depends on the statements that would read it, and none was given. "
            "Paste the statement it is meant for; it is then tried with and without the index on a copy."
        )
    else:
        verdict = no_such(indexes, brief.question)
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Is this index useful?",
        verdict=verdict,
        looked_at=(indexes.id,),
        status=CaseStatus.PARTIAL,
        decides=True,
        problem="" if wanted else f"{verdict} Or GRANT SELECT on its table.",
    )


async def _judged(brief: Brief, indexes: Evidence, number: int, spare: dict[str, Finding], health: Evidence) -> Reply:
    index = indexes.data["indexes"][number]
    at = f"indexes.{number}"
    finding = spare.get(str(index["name"]))
    serves, schema = await guarded(brief, indexes, index)
    if finding and finding.code == "unused-index" and (serves or finding.severity is Severity.LOW):
        finding = None  # or its counters are too young to drop it for them
    dropped = await _drop(brief, index, finding) if finding and not index["enforces_constraint"] else None
    proposal, rehearsal = dropped or (None, None)
    share, statistics = await filled(brief, str(index["table"]), keys(index)[:1])
    reader, top = await read_by(brief, str(index["table"]), keys(index)) if not finding else ("", "")
    rehearsed = rehearsal.id if rehearsal else ""
    verdict = _verdict(indexes, index, at, finding, proposal is not None, serves, _dropping(brief.question))
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Is this index useful?",
        verdict=f"{verdict}{_repeated(index, spare)}",
        prose=tuple(filter(None, (_use(indexes, index, at), share, reader, *_going(brief, rehearsal)))),
        findings=(finding,) if finding else (),
        proposals=(proposal,) if proposal else (),
        looked_at=tuple(filter(None, (indexes.id, health.id, schema, statistics, top, rehearsed))),
        status=CaseStatus.DONE if proposal or not finding or index["enforces_constraint"] else CaseStatus.PARTIAL,
        decides=True,
    )


def _dropping(question: Question) -> bool:
    """Whether somebody wants to drop it, so that the answer begins with yes or no."""
    return bool(_DROPS.search(question.words)) or any(_DROP.match(one.sql) for one in question.statements)


def _repeated(index: dict[str, Any], spare: dict[str, Finding]) -> str:
    """Which other index repeats this one."""
    repeats = [one.object for one in spare.values() if one.facts.get("kept") == index["name"]]
    return f" What can go is `{repeats[0]}`, which this index serves as well." if repeats else ""


def _verdict(
    indexes: Evidence, index: dict[str, Any], at: str, finding: Finding | None, droppable: bool, serves: str, drop: bool
) -> str:
    name = f"`{index['name']}`"
    if index["primary"] or index["enforces_constraint"]:
        return f"Keep {name}: it enforces a constraint, whether or not statements read it."
    if finding:
        kept = finding.facts.get("kept")
        reason = f"`{kept}` does all that it does (`{finding.code}`)" if kept else f"`{finding.code}`"
        if droppable:
            begin = f"Yes, drop {name}" if drop else f"Drop {name}"
            return f"{begin}: {reason}. The rehearsal on a copy and the way back are below."
        return f"{name} is probably of no use: {reason}. But its removal could not be rehearsed: see below."
    if serves:
        begin = f"No, do not drop {name}" if drop else f"Keep {name}"
        return f"{begin}: {serves}.{_scans(indexes, index, at)}"
    if index["unique"]:
        return f"Keep {name}: it is unique, so it guards the data even where no statement reads it."
    if index["scans"]:
        used = f"scans by statements on this server since the counters began: {ref(indexes, f'{at}.scans')}"
        if index["scans"] < _HARDLY:
            return f"{name} is hardly used ({used}; this team's looks count too). Find out who needs it before it is dropped."
        return f"{'No, keep' if drop else 'Keep'} {name}: it is used ({used})."
    if index["scans"] is None:
        return f"Whether {name} is used cannot be told: this role sees no counters."
    return (
        f"No statement has used {name} on this server since its counters began, but they are too young, or the index too small, "
        "to drop it for that alone."
    )


def _scans(indexes: Evidence, index: dict[str, Any], at: str) -> str:
    return "" if index["scans"] is None else f" Statements have used it this often: {ref(indexes, f'{at}.scans')}."


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


async def _drop(brief: Brief, index: dict[str, Any], finding: Finding) -> tuple[Proposal, Evidence] | None:
    """Dropping the index, once that was rehearsed, and the rehearsal."""
    authority = brief.role.authority.get("drop-index")
    down = re.sub(r"^(CREATE (?:UNIQUE )?INDEX)", r"\1 CONCURRENTLY", str(index["definition"]))
    up = f"DROP INDEX CONCURRENTLY {index['name']}" if _PLAIN.fullmatch(str(index["name"])) else way_back(down)
    rehearsal = await brief.call("rehearse", up=up, down=down)
    if authority is None or not rehearsal.ok or rehearsal.data["down"]["restores"] is False:
        return None
    proposal = Proposal(
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
    return proposal, rehearsal


def _going(brief: Brief, rehearsal: Evidence | None) -> tuple[str, ...]:
    """How the drop goes: the locks it took on the copy, and what the one that was written would take instead."""
    if rehearsal is None:
        return ()
    plain = [one for one in brief.question.statements if _DROP.match(one.sql) and "concurrently" not in one.sql.lower()]
    written = (
        "As it was written, without `CONCURRENTLY`, it would take `AccessExclusiveLock` on the table: nobody reads or writes "
        "it for that moment, and everybody queues behind it while it waits for a long transaction."
    )
    return (*locks(rehearsal), *([written] if plain else []))


INDEX_USEFUL = Playbook("index-useful", "persona", ("performance",), fits, work)
