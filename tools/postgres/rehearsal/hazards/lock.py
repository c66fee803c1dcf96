"""Strong locks: held long at live size, or brief but with no limit on waiting for them."""

from collections.abc import Iterator
from typing import Any

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import LONG_MS, Case


def check(case: Case) -> Iterator[Finding]:
    """Every lock that keeps readers or writers of an existing table waiting, the worst one a table and kind."""
    said: set[tuple[str, str]] = set()
    for step in case.trial.steps:
        for lock in step.locks:
            if not lock.blocks or case.new(lock.object):
                continue
            held_ms = case.held_live_ms(lock)
            rows, size = case.size(lock.object)
            facts: dict[str, Any] = {
                "mode": lock.mode,
                "live_ms": round(held_ms, 3),
                "live_rows": rows,
                "live_bytes": size,
            }
            if case.small(lock.object) and held_ms <= LONG_MS:
                code, severity = "small-table-safe", Severity.INFO
                summary = (
                    "Statement {statement} takes {mode} for about {live_ms}: with about {live_rows} rows nobody notices"
                )
                remedy = ""
            elif held_ms > LONG_MS:
                code = "lock-blocks-reads" if "reads" in lock.blocks else "lock-blocks-writes"
                severity = Severity.HIGH
                who = "readers and writers" if "reads" in lock.blocks else "writers"
                summary = "Statement {statement} holds {mode} for about {live_ms} at live size: " + who + " wait"
                remedy = "Split it so that the long part needs no strong lock."
                if ("long-lock-on-large-table", str(lock.object)) not in said:
                    said.add(("long-lock-on-large-table", str(lock.object)))
                    yield case.found(
                        "long-lock-on-large-table", Severity.HIGH, lock.object,
                        "A table of about {live_rows} rows is locked for about {live_ms}",
                        statement=step.number, remedy=remedy, **facts,
                    )  # fmt: skip
            elif not case.guarded(step.number):
                code, severity = "no-lock-timeout", Severity.MEDIUM
                summary = (
                    "Statement {statement} needs {mode} only briefly, but with no lock_timeout everybody queues behind it"
                    " while it waits for the longest query on the table"
                )
                remedy = "SET lock_timeout = '2s'; and try again when it fails."
            else:
                continue
            if (code, str(lock.object)) in said:
                continue
            said.add((code, str(lock.object)))
            yield case.found(code, severity, lock.object, summary, statement=step.number, remedy=remedy, **facts)
