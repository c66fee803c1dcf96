"""Strong locks: held long at live size, or brief but with no limit on waiting for them."""

from collections.abc import Iterator
from typing import Any

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import LONG_MS, Case
from tools.postgres.rehearsal.locks import Lock
from tools.postgres.rehearsal.remedies import instead
from tools.postgres.rehearsal.step import Step

_QUEUE_S = 5.0
"""A transaction older than this on the live server will still be there when the migration comes."""


def check(case: Case) -> Iterator[Finding]:
    """Every lock that keeps readers or writers of an existing table waiting: one finding a statement and cause."""
    said: set[tuple[str, int]] = set()
    unguarded: list[Lock] = []
    for step in case.trial.steps:
        for lock in sorted(step.locks, key=lambda each: -case.size(each.object)[1]):
            if not lock.blocks or case.new(lock.object) or step.error is not None:
                continue
            held_ms = case.held_live_ms(lock)
            if held_ms > LONG_MS:
                found = _long(case, step, lock, held_ms)
            elif case.small(lock.object):
                found = case.found(
                    "small-table-safe", Severity.INFO, lock.object,
                    "Statement {statement} takes {mode} for about {live_ms}: with about {live_rows} rows nobody notices",
                    statement=step.number, **_facts(case, lock, held_ms),
                )  # fmt: skip
            else:
                if not case.guarded(step.number):
                    unguarded.append(lock)
                continue
            if found is not None and (found.code, step.number) not in said:
                said.add((found.code, step.number))
                yield found
    if unguarded:
        yield _unguarded(case, unguarded)


def _long(case: Case, step: Step, lock: Lock, held_ms: float) -> Finding | None:
    """None where another rule names the cause: a rewrite, an index that is built."""
    own_ms = case.live_ms(step)
    facts = _facts(case, lock, held_ms)
    others = [str(each.object) for each in step.locks if each.blocks and each.object != lock.object]
    also = f" (also of {', '.join(others)})" if others else ""
    who = "readers and writers wait" if "reads" in lock.blocks else "writers wait"
    if own_ms <= LONG_MS:
        return case.found(
            "long-lock-on-large-table", Severity.HIGH, lock.object,
            "Statement {statement} takes only {own_ms}, but its transaction keeps {mode} for about {live_ms}: " + who + also,
            statement=step.number, own_ms=round(own_ms, 3), **facts,
            remedy=f"COMMIT; after statement {step.number}, before what takes long.",
        )  # fmt: skip
    if step.rewritten or step.built:
        return None
    return case.found(
        "lock-blocks-reads" if "reads" in lock.blocks else "lock-blocks-writes", Severity.HIGH, lock.object,
        "Statement {statement} holds {mode} for about {live_ms} at live size: " + who + also,
        statement=step.number, **facts,
        remedy=instead(case, step) or f"Run statement {step.number} when nobody works, in a window that long.",
    )  # fmt: skip


def _unguarded(case: Case, locks: list[Lock]) -> Finding:
    """A brief lock without a lock_timeout: while it waits for what runs on the table, everybody queues behind it."""
    first = locks[0]
    tables = list(dict.fromkeys(str(lock.object) for lock in locks))
    queue = max(
        (each for each in case.queues if each.held_s > _QUEUE_S and str(each.table) in tables),
        key=lambda each: each.held_s,
        default=None,
    )
    summary = (
        "Statement {statement} needs {mode} only briefly, but there is no lock_timeout: while it waits for the longest"
        " query on the table, everybody queues behind it"
    )
    facts: dict[str, Any] = _facts(case, first, case.held_live_ms(first))
    if len(tables) > 1:
        summary += " (the same for {others})"
        facts["others"] = ", ".join(tables[1:])
    if queue is not None:
        summary += ". Right now a transaction holds {queue_mode} on {queue_table}, for {queue_s} already"
        facts |= {"queue_mode": queue.mode, "queue_table": str(queue.table), "queue_s": round(queue.held_s, 1)}
    return case.found(
        "no-lock-timeout", Severity.HIGH if queue is not None else Severity.MEDIUM, first.object, summary,
        statement=first.statement, **facts,
        remedy=f"SET lock_timeout = '2s'; before statement {first.statement}, and try again when it fails.",
    )  # fmt: skip


def _facts(case: Case, lock: Lock, held_ms: float) -> dict[str, Any]:
    rows, size = case.size(lock.object)
    return {"mode": lock.mode, "live_ms": round(held_ms, 3), "live_rows": rows, "live_bytes": size}
