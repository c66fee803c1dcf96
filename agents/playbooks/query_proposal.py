"""The proposal for one statement: the change that was measured, what speaks against it, and what else was tried."""

import re

from agents.playbooks.query_case import QueryCase
from agents.playbooks.words import ref
from agents.reply import Kind, Option, Proposal

_PARTIAL = re.compile(r"\)\s*WHERE\s", re.I)


def proposal(case: QueryCase, best: int) -> Proposal | None:
    """Proposes the change at this position, when the role may; None when it lies outside its authority."""
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
        before=f"{measured.id}.tried.{best}.before_ms",
        after=f"{measured.id}.tried.{best}.after_ms",
        risks=_risks(case, best),
        options=_options(case, best),
        authority=authority,
        rehearsal=measured.id,
    )


def by_estimate(case: QueryCase) -> Proposal | None:
    """Proposes the index that the live planner's estimate speaks for, without a time; None where there is none."""
    measured, offered, known = case.measured, case.candidates, case.estimated
    authority = case.brief.role.authority.get("index")
    if known is None or authority is None or measured is None or offered is None:
        return None
    position, number = known
    tried = measured.data["tried"][position]
    return Proposal(
        kind="index",
        up=tried["up"],
        down=tried["down"],
        why="Judged by the estimate of the live server's planner (HypoPG) alone. On the copy it was built and its rollback "
        "brought the copy back as it was; what it gains was not measured there.",
        risks=(f"The estimate may be wrong: {ref(measured, 'doubt')}.", *_new_index(case, position)),
        options=(
            Option(
                title=f"`{tried['up'].strip()}`",
                weighed=f"estimated cost {ref(offered, f'candidates.{number}.cost_after')}",
                chosen=True,
            ),
            Option(title="Leave it as it is", weighed=f"estimated cost {ref(offered, 'cost_before')}"),
        ),
        authority=authority,
        rehearsal=measured.id,
    )


def _why(case: QueryCase, best: int) -> str:
    measured = case.measured
    assert measured is not None
    tried = measured.data["tried"][best]
    if tried["sql"]:
        index = " It needs the index." if tried["up"] else ""
        return f"The new statement returned the same rows on the copy, in less time.{index}"
    restored = " Its rollback brought the copy back as it was." if measured.data["tried"][best]["restores"] else ""
    return f"The plan reads the new index instead of looking through the table.{restored}"


def _risks(case: QueryCase, best: int) -> tuple[str, ...]:
    measured = case.measured
    assert measured is not None
    tried = measured.data["tried"][best]
    if tried["sql"]:
        return (*_new_statement(case, tried["sql"]), *(_new_index(case, best) if tried["up"] else ()))
    return _new_index(case, best)


def _new_statement(case: QueryCase, sql: str) -> tuple[str, ...]:
    written = case.diagnosis.data["rewrites"] if case.diagnosis is not None and case.diagnosis.ok else ()
    for number, one in enumerate(written):
        if one["sql"] == sql and one["needs"] and case.diagnosis is not None:
            return (f"The application must change: {ref(case.diagnosis, f'rewrites.{number}.needs')}.",)
    return ("The application must send the new statement; it was compared on these values only.",)


def _new_index(case: QueryCase, best: int) -> tuple[str, ...]:
    measured = case.measured
    assert measured is not None
    tried = measured.data["tried"][best]
    extension = "CREATE EXTENSION" in tried["up"]
    return (
        *(
            ("The extension it needs must be allowed on this server; the rollback leaves it in place.",)
            if extension
            else ()
        ),
        *(
            (
                "It serves only statements that hold its WHERE condition as written: with a parameter there, it is not used.",
            )
            if _PARTIAL.search(tried["up"])
            else ()
        ),
        f"Every insert, and every update of an indexed column, has one more index to write; it takes "
        f"{ref(measured, f'tried.{best}.size_bytes')} on the copy.",
        f"Building it took {ref(measured, f'tried.{best}.build_ms')} on the copy. `CONCURRENTLY` does not block writes, "
        "takes longer on a busy server, cannot run inside a transaction, and leaves an invalid index to drop when it fails.",
    )


def _options(case: QueryCase, best: int) -> tuple[Option, ...]:
    measured = case.measured
    assert measured is not None
    options = []
    for number, tried in enumerate(measured.data["tried"]):
        parts = [f"`{tried['up'].strip()}`"] if tried["up"] else []
        parts += [f"`{tried['sql'].strip()}`" if not parts else "the new statement"] if tried["sql"] else []
        if tried["problem"]:
            weighed = f"could not be tried: {ref(measured, f'tried.{number}.problem')}"
        else:
            size = f", {ref(measured, f'tried.{number}.size_bytes')}" if tried["size_bytes"] else ""
            unused = "; the planner does not use it" if tried["used"] is False else ""
            differs = "; it returns other rows" if tried["same_rows"] is False else ""
            faster = "" if tried["clearly_faster"] else "; not clearly faster"
            weighed = f"{ref(measured, f'tried.{number}.after_ms')}{size}{unused or differs or faster}"
        options.append(Option(title=", with ".join(parts), weighed=weighed, chosen=number == best))
    options.append(Option(title="Leave it as it is", weighed=ref(measured, "before_ms")))
    return tuple(options)
