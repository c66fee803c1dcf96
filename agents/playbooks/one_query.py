"""One statement, from its plan to a proposal that was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.desk import Brief
from agents.playbooks.emptied import because_of_a_null
from agents.playbooks.words import ref, skipped, stopped
from agents.reply import CaseStatus, Kind, Option, PlanPair, Proposal, Reply
from common.evidence import Evidence
from common.findings import Finding, NotChecked, Severity
from tools.postgres.statements import has_parameters, with_values

_WORTH = 0.8
"""A change is proposed when the statement then takes at most this share of its time."""
_FAST_MS = 1.0
_CHANGES = 6


@dataclass
class _Case:
    """What is known of one statement so far."""

    brief: Brief
    sql: str
    explain: Evidence
    analyzed: Evidence | None = None
    diagnosis: Evidence | None = None
    candidates: Evidence | None = None
    measured: Evidence | None = None
    write: bool = False
    """It changes rows; `explain` and `analyzed` are then of the read that finds them."""
    part: bool = False
    """The copy, too, ran only the read that finds the rows."""

    @property
    def records(self) -> tuple[Evidence, ...]:
        known = (self.explain, self.analyzed, self.diagnosis, self.candidates, self.measured)
        return tuple(one for one in known if one is not None)


async def answer_one(brief: Brief, sql: str, also: Sequence[dict[str, str]] = ()) -> Reply:
    """Explain, measure on the live server where that is safe, read the plan, try changes on a copy, conclude.

    `also` are changes (name, up, down) to try before those the advisor thinks of.
    """
    explain = await brief.call("explain", sql=sql)
    if not explain.ok:
        return stopped(brief, "Slow query", explain, input_is_wrong=True)
    case = _Case(brief, sql, explain)
    case.candidates = await brief.call("index_candidates", sql=sql)
    filled = _filled(sql, case.candidates)
    return await _looked_at(case, filled, filled, also)


async def answer_write(brief: Brief, sql: str, read: str) -> Reply:
    """The same for a statement that writes: the live server only finds its rows (`read`), the copy runs it whole.

    A value that it writes and that came as a parameter is not known: then the copy, too, only finds the rows.
    """
    offered = await brief.call("index_candidates", sql=sql)
    found = _filled(read, offered)
    explain = await brief.call("explain", sql=found)
    if not explain.ok:
        return stopped(brief, "Slow query", explain, input_is_wrong=True)
    whole = _filled(sql, offered)
    part = has_parameters(whole)
    case = _Case(brief, sql, explain, candidates=offered, write=True, part=part)
    return await _looked_at(case, found, found if part else whole)


async def _looked_at(case: _Case, live: str, on_copy: str, also: Sequence[dict[str, str]] = ()) -> Reply:
    """`live` is what the live server may run of the statement, `on_copy` what the copy runs."""
    assert case.candidates is not None
    case.analyzed = await case.brief.call("explain_analyze", sql=live)
    plan = case.analyzed if case.analyzed.ok else case.explain
    case.diagnosis = await case.brief.call("diagnose", sql=live, plan=plan.data["plan"])
    changes = [*also, *_changes(case.candidates, case.diagnosis, rewrites=not case.write)]
    if changes:
        case.measured = await case.brief.call("measure", sql=on_copy, changes=changes)
    return _reply(case)


def _filled(sql: str, offered: Evidence) -> str:
    """The statement with the values that the advisor took from the statistics in place of its parameters."""
    used = {one["parameter"]: str(one["value"]) for one in offered.data["values_used"]} if offered.ok else {}
    return with_values(sql, used) if used else sql


def _changes(offered: Evidence, diagnosis: Evidence, rewrites: bool) -> list[dict[str, str]]:
    """What to try on the copy: the best indexes, then rewrites if they are wanted."""
    found = [
        {"name": one["why"], "up": one["ddl"], "down": one["down"], "needs": one["needs"]}
        for one in (offered.data.get("candidates", ()) if offered.ok else ())
    ]
    written = diagnosis.data.get("rewrites", ()) if rewrites and diagnosis.ok else ()
    return [*found[:_CHANGES], *({"name": one["why"], "sql": one["sql"]} for one in written if not one["needs"])][
        : 2 * _CHANGES
    ]


def _reply(case: _Case) -> Reply:
    best = _best(case)
    findings = _findings(case)
    proposal = _proposal(case, best) if best is not None else None
    return Reply(
        role=case.brief.role.name,
        question=case.brief.question.number,
        title="Slow query",
        verdict=_verdict(case, best, findings),
        prose=_prose(case),
        findings=findings,
        proposals=(proposal,) if proposal else (),
        plans=_plans(case, best),
        schema_evidence=case.brief.schema,
        not_checked=(*skipped(*case.records), *_limits(case)),
        looked_at=tuple(one.id for one in case.records),
        status=_status(case, proposal),
    )


def _best(case: _Case) -> int | None:
    """The position of the change worth proposing, or None."""
    if case.measured is None or not case.measured.ok:
        return None
    position = case.measured.data["best"]
    if position is None or case.measured.data["tried"][position]["after_share"] > _WORTH:
        return None
    return int(position)


def _findings(case: _Case) -> tuple[Finding, ...]:
    if case.diagnosis is None or not case.diagnosis.ok:
        return ()
    found = [Finding.model_validate(one) for one in case.diagnosis.data["findings"]]
    return tuple(one.model_copy(update={"evidence": (case.diagnosis.id,)}) for one in found)


def _verdict(case: _Case, best: int | None, findings: tuple[Finding, ...]) -> str:
    emptied = "" if case.write else because_of_a_null(case.analyzed, case.diagnosis)
    speed = _speed(case, best, findings)
    return f"{emptied} As to its speed: {speed[0].lower()}{speed[1:]}" if emptied else speed


def _speed(case: _Case, best: int | None, findings: tuple[Finding, ...]) -> str:
    measured = case.measured
    if best is not None and measured is not None:
        tried = measured.data["tried"][best]
        what = "Rewrite the statement as below" if tried["sql"] else "Create the index below"
        timed = "finding the rows" if case.part else "the statement"
        return (
            f"{what}: on a copy of the tables {timed} went from {ref(measured, 'before_ms')} to "
            f"{ref(measured, f'tried.{best}.after_ms')}, {ref(measured, f'tried.{best}.after_share')} of its time. "
            f"{_now(case)}"
        )
    if measured is not None and measured.ok:
        return f"No change that was tried makes this faster. {_now(case)}"
    if measured is not None:
        return f"What would help could not be measured, so nothing is proposed. {_now(case)}"
    worst = next((one for one in findings if one.severity is not Severity.INFO), None)
    if worst is not None:
        return f"No index would help; what stands out is `{worst.code}` on `{worst.object}`. {_now(case)}"
    return f"The plan already reads no more than it must. {_now(case)}"


def _now(case: _Case) -> str:
    """What the statement takes on the live server today."""
    if case.write:
        found = (
            f"; finding its rows takes {ref(case.analyzed, 'execution_ms')} there"
            if case.analyzed is not None and case.analyzed.ok
            else ""
        )
        return f"It changes rows, so it was not run on the live server{found}."
    if case.analyzed is None or not case.analyzed.ok:
        return "It was not run on the live server; see what was not checked."
    return (
        f"On the live server it takes {ref(case.analyzed, 'execution_ms')} now, median of "
        f"{ref(case.analyzed, 'runs')}, and returns {ref(case.analyzed, 'rows')} rows."
    )


def _prose(case: _Case) -> tuple[str, ...]:
    said = []
    if case.diagnosis is not None and case.diagnosis.ok:
        for number, one in enumerate(case.diagnosis.data["rewrites"]):
            if one["needs"]:
                at = f"rewrites.{number}"
                said.append(
                    f"It could be written differently (`{one['code']}`): {ref(case.diagnosis, f'{at}.why')}. "
                    f"That needs a change in the application: {ref(case.diagnosis, f'{at}.needs')}."
                )
    if case.candidates is not None and case.candidates.ok and case.candidates.data["why_none"]:
        said.append(f"No index was tried: {ref(case.candidates, 'why_none')}")
    if case.candidates is not None and case.candidates.ok and case.candidates.data["values_used"]:
        used = case.candidates.data["values_used"]
        each = ", ".join(
            f"{ref(case.candidates, f'values_used.{number}.parameter')} from "
            f"{ref(case.candidates, f'values_used.{number}.source')}"
            for number in range(len(used))
        )
        said.append(f"The statement came without values, so some were taken: {each}.")
    if case.measured is not None and case.measured.ok:
        said.append(f"{ref(case.measured, 'about')} It held {ref(case.measured, 'copied_rows')} rows.")
    return tuple(said)


def _proposal(case: _Case, best: int) -> Proposal | None:
    measured = case.measured
    assert measured is not None
    tried = measured.data["tried"][best]
    kind: Kind = "rewrite" if tried["sql"] else "index"
    authority = case.brief.role.authority.get(kind)
    if authority is None:
        return None
    return Proposal(
        kind=kind,
        up=tried["up"],
        down=tried["down"],
        sql=tried["sql"],
        why=_why(case, best),
        before=f"{measured.id}.before_ms",
        after=f"{measured.id}.tried.{best}.after_ms",
        risks=_risks(case, best),
        options=_options(case, best),
        authority=authority,
        rehearsal=measured.id,
    )


def _why(case: _Case, best: int) -> str:
    measured = case.measured
    assert measured is not None
    if measured.data["tried"][best]["sql"]:
        return "The new statement returned the same rows on the copy, in less time."
    restored = " Its rollback brought the copy back as it was." if measured.data["tried"][best]["restores"] else ""
    return f"The plan reads the new index instead of looking through the table.{restored}"


def _risks(case: _Case, best: int) -> tuple[str, ...]:
    measured = case.measured
    assert measured is not None
    tried = measured.data["tried"][best]
    if tried["sql"]:
        return ("The application must send the new statement; it was compared on these values only.",)
    extension = "CREATE EXTENSION" in tried["up"]
    return (
        *(
            ("The extension it needs must be allowed on this server; the rollback leaves it in place.",)
            if extension
            else ()
        ),
        f"Every insert, and every update of an indexed column, has one more index to write; it takes "
        f"{ref(measured, f'tried.{best}.size_bytes')} on the copy.",
        f"Building it took {ref(measured, f'tried.{best}.build_ms')} on the copy. `CONCURRENTLY` does not block writes, "
        "takes longer on a busy server, cannot run inside a transaction, and leaves an invalid index to drop when it fails.",
    )


def _options(case: _Case, best: int) -> tuple[Option, ...]:
    measured = case.measured
    assert measured is not None
    options = []
    for number, tried in enumerate(measured.data["tried"]):
        title = (tried["sql"] or tried["up"]).strip()
        if tried["problem"]:
            weighed = f"could not be tried: {ref(measured, f'tried.{number}.problem')}"
        else:
            size = f", {ref(measured, f'tried.{number}.size_bytes')}" if tried["size_bytes"] else ""
            unused = "; the planner does not use it" if tried["used"] is False else ""
            differs = "; it returns other rows" if tried["same_rows"] is False else ""
            weighed = f"{ref(measured, f'tried.{number}.after_ms')}{size}{unused}{differs}"
        options.append(Option(title=f"`{title}`", weighed=weighed, chosen=number == best))
    options.append(Option(title="Leave it as it is", weighed=ref(measured, "before_ms")))
    return tuple(options)


def _plans(case: _Case, best: int | None) -> tuple[PlanPair, ...]:
    if best is not None and case.measured is not None:
        pair = PlanPair(
            title="On the copy", before=f"{case.measured.id}.plan", after=f"{case.measured.id}.tried.{best}.plan"
        )
        return (pair,)
    shown = case.analyzed if case.analyzed is not None and case.analyzed.ok else case.explain
    return (PlanPair(title="Now", before=f"{shown.id}.plan"),)


def _limits(case: _Case) -> tuple[NotChecked, ...]:
    """What the copy was not like the live server in."""
    if case.measured is None or not case.measured.ok:
        return ()
    return tuple(NotChecked(code="measure", needs=one) for one in case.measured.data["missing"][:5])


def _status(case: _Case, proposal: Proposal | None) -> CaseStatus:
    if any(one.data.get("engine_lost") for one in case.records):
        return CaseStatus.PARTIAL
    if proposal is not None and proposal.authority != "full":
        return CaseStatus.NEEDS_APPROVAL
    return CaseStatus.DONE
