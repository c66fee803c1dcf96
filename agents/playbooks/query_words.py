"""What is said of one statement: the verdict, and the paragraphs below it."""

from agents.playbooks.emptied import because_of_a_null
from agents.playbooks.query_case import QueryCase
from agents.playbooks.words import ref, why
from common.evidence import Evidence


def verdict(case: QueryCase, best: int | None) -> str:
    """One or two sentences that a busy engineer can act on."""
    emptied = "" if case.write else because_of_a_null(case.analyzed, case.diagnosis)
    speed = f"{_asked(case, best)} {_speed(case, best)}".strip()
    return f"{emptied} As to its speed: {speed[0].lower()}{speed[1:]}" if emptied else speed


def _asked(case: QueryCase, best: int | None) -> str:
    """What became of the indexes that were asked about."""
    measured = case.measured
    if measured is None or not measured.ok:
        return ""
    said = []
    for number in range(case.asked):
        tried, at = measured.data["tried"][number], f"tried.{number}"
        if tried["problem"]:
            said.append(f"The index asked about could not be tried: {ref(measured, f'{at}.problem')}.")
        elif case.doubted:
            said.append("What the index asked about brings could not be measured.")
        elif number != best and tried["used"] is False:
            said.append("The index asked about would not help: the planner does not use it for this statement.")
        elif number != best and not tried["clearly_faster"]:
            said.append("The index asked about makes no clear difference.")
        elif number != best:
            said.append(
                f"The index asked about helps (to {ref(measured, f'{at}.after_ms')}), but there is a better one."
            )
        else:
            said.append("The index asked about is the right one.")
    return " ".join(dict.fromkeys(said))


def _speed(case: QueryCase, best: int | None) -> str:
    measured = case.measured
    if best is not None and measured is not None:
        paging = "" if _pages(case, measured.data["tried"][best]["sql"]) else _paging(case)
        return f"{_do(case, measured, best)} {f'{paging} ' if paging else ''}{now(case)}"
    if case.foreign and (case.only_foreign or case.ran is None):
        return _elsewhere(case)
    if case.invented:
        return (
            "Paste it with real values: it came without, and the statistics hold none for its parameters, so nothing that "
            "could be measured would mean anything."
        )
    paging = _paging(case)
    if case.doubted:
        return f"{paging or _by_estimate(case)} {now(case)}"
    if measured is not None and measured.ok:
        return f"{paging or 'No change that was tried makes this clearly faster.'} {now(case)}"
    if measured is not None:
        return f"What would help could not be measured, so nothing is proposed. {now(case)}"
    if case.worst is not None:
        known = case.candidates is not None and case.candidates.ok
        helps = "No index would help; what" if known else "Which index would help could not be looked for; what"
        begin = paging or f"{helps} stands out is `{case.worst.code}` on `{case.worst.object}`."
        return f"{begin} {now(case)}"
    if case.ran is None and not case.write:
        return f"Nothing stands out in the plan the server would choose, but {now(case)[0].lower()}{now(case)[1:]}"
    return f"The plan reads no more than it must. {now(case)}"


def _by_estimate(case: QueryCase) -> str:
    """What to do where the times of the copy mean nothing."""
    known = case.estimated
    if known is None or case.candidates is None:
        return "Nothing is proposed: what would help could not be measured, since the copy holds masked values (see below)."
    return (
        f"Create the index below: the planner of the live server expects a cost of "
        f"{ref(case.candidates, f'candidates.{known[1]}.cost_after')} with it, {ref(case.candidates, 'cost_before')} without. "
        "That is an estimate: no time was measured, since the copy holds masked values (see below)."
    )


def _do(case: QueryCase, measured: Evidence, best: int) -> str:
    """What to do, and what that brought on the copy."""
    tried = measured.data["tried"][best]
    went = (
        f"went from {ref(measured, f'tried.{best}.before_ms')} to {ref(measured, f'tried.{best}.after_ms')}, "
        f"{ref(measured, f'tried.{best}.after_share')} of its time"
    )
    if _pages(case, tried["sql"]):
        index = ", with the index below" if tried["up"] else ""
        return f"Page by the last row seen instead of OFFSET{index} (below): on a copy of the tables this page {went}."
    timed = "finding the rows" if case.part else "the statement"
    what = "Rewrite the statement as below" if tried["sql"] else "Create the index below"
    return f"{what}: on a copy of the tables {timed} {went}."


def _pages(case: QueryCase, sql: str) -> bool:
    written = case.diagnosis.data["rewrites"] if case.diagnosis is not None and case.diagnosis.ok else ()
    return any(one["sql"] == sql and one["code"] == "offset-pagination" for one in written)


def _paging(case: QueryCase) -> str:
    """The way out of a deep OFFSET when it could not be measured."""
    if case.diagnosis is None or not any(one.code == "offset-pagination" for one in case.findings):
        return ""
    number = next(n for n, one in enumerate(case.findings) if one.code == "offset-pagination")
    skipped = ref(case.diagnosis, f"findings.{number}.facts.skipped_rows")
    return (
        f"Page by the last row seen instead of OFFSET, which reads {skipped} rows only to throw them away (see below)."
    )


def _elsewhere(case: QueryCase) -> str:
    tables = ", ".join(dict.fromkeys(f"`{one['table']}`" for one in case.foreign))
    if case.ran is None:
        reason = f": {why(case.analyzed)}" if case.analyzed is not None else "."
        return f"This is not answered: {tables} is on another server, and the statement could not be run{reason}"
    return f"Its rows come from {tables} on another server, where no index can be tried from here. {now(case)}"


def now(case: QueryCase) -> str:
    """What the statement takes on the live server today."""
    ran = case.ran
    if case.write:
        found = f"; finding its rows takes {ref(ran, 'execution_ms')} there" if ran is not None else ""
        return f"It changes rows, so it was not run on the live server{found}."
    if ran is None:
        reason = why(case.analyzed) if case.analyzed is not None else ""
        return f"It was not run on the live server: {reason}".rstrip(": ")
    return (
        f"On the live server it takes {ref(ran, 'execution_ms')} now, median of {ref(ran, 'runs')}, and returns "
        f"{ref(ran, 'rows')} rows."
    )


def prose(case: QueryCase, best: int | None) -> tuple[str, ...]:
    """The paragraphs below the verdict."""
    said = (*_rewrites(case, best), _remote(case), _none(case), _values(case), _copy(case), *_doubted(case))
    return tuple(filter(None, said))


def _rewrites(case: QueryCase, best: int | None) -> list[str]:
    """Ways to write it that need a change in the application and are not what is proposed."""
    if case.diagnosis is None or not case.diagnosis.ok:
        return []
    chosen = case.measured.data["tried"][best]["sql"] if best is not None and case.measured is not None else ""
    said = []
    for number, one in enumerate(case.diagnosis.data["rewrites"]):
        if one["needs"] and one["sql"] != chosen:
            at = f"rewrites.{number}"
            said.append(
                f"It could be written differently (`{one['code']}`): {ref(case.diagnosis, f'{at}.why')}. That needs a change "
                f"in the application: {ref(case.diagnosis, f'{at}.needs')}.\n\n```sql\n{ref(case.diagnosis, f'{at}.sql')}\n```"
            )
    return said


def _remote(case: QueryCase) -> str:
    sent = list(dict.fromkeys(one["sent"] for one in case.foreign if one["sent"]))
    if not sent:
        return ""
    shown = "\n".join(f"```sql\n{one}\n```" for one in sent[:3])
    return (
        "The other server is sent what stands below. Run `EXPLAIN (ANALYZE, BUFFERS)` of it there, and ask the team again with "
        "that server's DSN: an index for its conditions has to be made there. If the plan here joins badly, the option "
        f"`use_remote_estimate` of the foreign table lets the planner ask that server.\n\n{shown}"
    )


def _none(case: QueryCase) -> str:
    offered = case.candidates
    if offered is None or not offered.ok or not offered.data["why_none"] or case.only_foreign:
        return ""
    return f"No index was tried: {ref(offered, 'why_none')}."


def _values(case: QueryCase) -> str:
    offered = case.candidates
    if offered is None or not offered.ok or not offered.data["values_used"] or case.invented:
        return ""
    each = ", ".join(
        f"{ref(offered, f'values_used.{number}.parameter')} from {ref(offered, f'values_used.{number}.source')}"
        for number in range(len(offered.data["values_used"]))
    )
    return f"The statement came without values, so some were taken: {each}.{'' if case.doubted else _others(offered)}"


def _others(offered: Evidence) -> str:
    """The other values, where they are from: an index must serve those too."""
    said = dict.fromkeys(
        f"{ref(offered, f'others.{at}.{number}.parameter')} from {ref(offered, f'others.{at}.{number}.source')}"
        for at, each in enumerate(offered.data["others"])
        for number, one in enumerate(each)
        if one not in offered.data["values_used"]
    )
    if not said:
        return ""
    return f" On the copy it was timed with {', '.join(said)} as well; times there are the mean over all values."


def _copy(case: QueryCase) -> str:
    if case.measured is None or not case.measured.ok:
        return ""
    return f"{ref(case.measured, 'about')} It held {ref(case.measured, 'copied_rows')} rows."


def _doubted(case: QueryCase) -> list[str]:
    """What it takes to measure what a masked copy cannot tell, and the index that may be worth it."""
    if not case.doubted or case.measured is None:
        return []
    needs = "To have it measured, ask again with `DBCREW_POSTGRESQL_COPY=rows` where rows may be copied as they are."
    if case.estimated is not None:
        return [needs]
    if case.candidates is not None and case.candidates.ok and case.candidates.data["how"] != "hypopg":
        needs += (
            " With HypoPG on the live server (`CREATE EXTENSION hypopg;`) its planner says what it expects of an index."
        )
    read = case.read_on_copy
    if read is None:
        return [needs]
    index = ref(case.measured, f"tried.{read}.up")
    return [f"An index that the planner of the copy reads; what it brings is not known:\n\n```sql\n{index}\n```", needs]
