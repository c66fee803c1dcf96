"""One statement, from its plan to a proposal that was measured."""

from collections.abc import Sequence

from agents.desk import Brief
from agents.playbooks import query_words
from agents.playbooks.number_text import told
from agents.playbooks.query_case import QueryCase
from agents.playbooks.query_proposal import by_estimate, proposal
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, PlanPair, Proposal, Reply
from common.evidence import Evidence
from common.findings import Finding
from tools.postgres.statements import has_parameters, with_values

_FAST_MS = 1.0
"""A statement that takes no longer, and whose plan shows nothing wrong, is left alone."""
_CHANGES = 6
_PAGED = 2
"""How many indexes are tried for a statement that pages by the last row."""
_LACKING = 5


async def answer_one(brief: Brief, sql: str, also: Sequence[dict[str, str]] = ()) -> Reply:
    """Explain, measure on the live server where that is safe, read the plan, try changes on a copy, conclude.

    `also` are changes (name, up, down) to try before those the advisor thinks of.
    """
    explain = await brief.call("explain", sql=sql)
    if not explain.ok:
        return await told(brief, sql, stopped(brief, "Slow query", explain, input_is_wrong=True))
    case = QueryCase(brief, sql, explain)
    case.candidates = await brief.call("index_candidates", sql=sql)
    filled, *others = _filled(sql, case.candidates)
    return await told(brief, sql, await _looked_at(case, filled, [filled, *others], also))


async def answer_write(brief: Brief, sql: str, read: str) -> Reply:
    """The same for a statement that writes: the live server only finds its rows (`read`), the copy runs it whole.

    A value that it writes and that came as a parameter is not known: then the copy, too, only finds the rows.
    """
    offered = await brief.call("index_candidates", sql=sql)
    found = _filled(read, offered)[0]
    explain = await brief.call("explain", sql=found)
    if not explain.ok:
        return stopped(brief, "Slow query", explain, input_is_wrong=True)
    whole = _filled(sql, offered)
    part = has_parameters(whole[0])
    case = QueryCase(brief, sql, explain, candidates=offered, write=True, part=part)
    return await _looked_at(case, found, _filled(read, offered) if part else whole)


async def _looked_at(case: QueryCase, live: str, on_copy: Sequence[str], also: Sequence[dict[str, str]] = ()) -> Reply:
    """`live` is what the live server may run of the statement, `on_copy` what the copy runs, with each set of values."""
    assert case.candidates is not None
    case.asked = len(also)
    if case.invented:
        return _reply(case)
    case.analyzed = await case.brief.call("explain_analyze", sql=live)
    plan = case.analyzed if case.analyzed.ok else case.explain
    case.diagnosis = await case.brief.call("diagnose", sql=live, plan=plan.data["plan"])
    if case.only_foreign or (_fast(case) and not also):
        return _reply(case)
    changes = [*also, *_indexes(case.candidates), *(await _rewrites(case) if not case.write else ())]
    if changes:
        first, *others = on_copy
        case.measured = await case.brief.call(
            "measure", sql=first, others=others, changes=changes[: 2 * _CHANGES], live=plan.data["plan"]
        )
    return _reply(case)


def _fast(case: QueryCase) -> bool:
    return case.ran is not None and case.ran.data["execution_ms"] < _FAST_MS and case.worst is None


def _filled(sql: str, offered: Evidence) -> list[str]:
    """The statement with each set of values that the advisor took from the statistics in place of its parameters."""
    sets = [offered.data["values_used"], *offered.data["others"]] if offered.ok else []
    used = [{one["parameter"]: str(one["value"]) for one in each} for each in sets if each]
    return list(dict.fromkeys(with_values(sql, each) for each in used)) or [sql]


def _indexes(offered: Evidence) -> list[dict[str, str]]:
    """The best indexes, to be tried on the copy."""
    found = offered.data.get("candidates", ()) if offered.ok else ()
    return [{"name": one["why"], "up": one["ddl"], "down": one["down"], "needs": one["needs"]} for one in found][
        :_CHANGES
    ]


async def _rewrites(case: QueryCase) -> list[dict[str, str]]:
    """Other ways to write it: those that return the same rows, or whose values a query on the copy can tell.

    Those are tried as they are, and where the plan sorts with the indexes that the advisor has for them.
    """
    changes: list[dict[str, str]] = []
    for one in case.diagnosis.data["rewrites"] if case.diagnosis is not None and case.diagnosis.ok else ():
        written = {"name": one["why"], "sql": one["sql"], "keys": one["keys"], "like": one["like"]}
        if one["needs"] and not one["keys"]:
            continue
        changes.append(written)
        if one["keys"] and case.sorts:
            offered = await case.brief.call("index_candidates", sql=one["sql"])
            changes += [
                index | written | {"name": f"{one['why']}; {index['name']}"} for index in _indexes(offered)[:_PAGED]
            ]
    return changes


def _reply(case: QueryCase) -> Reply:
    best = case.best
    offer = proposal(case, best) if best is not None else by_estimate(case)
    return Reply(
        role=case.brief.role.name,
        question=case.brief.question.number,
        title="Slow query",
        verdict=query_words.verdict(case, best),
        prose=query_words.prose(case, best),
        findings=_findings(case),
        proposals=(offer,) if offer else (),
        plans=_plans(case, best),
        schema_evidence=case.brief.schema,
        limits=_limits(case),
        looked_at=tuple(one.id for one in case.records),
        status=_status(case, offer),
    )


def _findings(case: QueryCase) -> tuple[Finding, ...]:
    """What the rules found, without an index they miss that was tried and made nothing faster."""
    refuted = case.measured is not None and case.measured.ok and case.measured.data["best"] is None and not case.doubted
    return tuple(one for one in case.findings if not (refuted and one.code == "missing-index"))


def _plans(case: QueryCase, best: int | None) -> tuple[PlanPair, ...]:
    if best is not None and case.measured is not None:
        pair = PlanPair(
            title="On the copy", before=f"{case.measured.id}.plan", after=f"{case.measured.id}.tried.{best}.plan"
        )
        return (pair,)
    shown = case.ran or case.explain
    return (PlanPair(title="Now", before=f"{shown.id}.plan"),)


def _limits(case: QueryCase) -> tuple[str, ...]:
    """What the copy was not like the live server in."""
    measured = case.measured
    if measured is None or not measured.ok:
        return ()
    lacking = range(len(measured.data["missing"][:_LACKING]))
    return tuple(f"The copy was without this: {ref(measured, f'missing.{number}')}." for number in lacking)


def _status(case: QueryCase, offer: Proposal | None) -> CaseStatus:
    if any(one.data.get("engine_lost") for one in case.records) or case.invented:
        return CaseStatus.PARTIAL
    if offer is None and (case.doubted or (case.ran is None and not case.write)):
        return CaseStatus.PARTIAL
    if offer is not None and offer.authority != "full":
        return CaseStatus.NEEDS_APPROVAL
    return CaseStatus.DONE
