"""A statement that this server runs often is slower after the migration, by another plan, or does not run any more."""

from collections.abc import Iterator
from typing import Any

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.traffic import Again

_SLOWER = 1.5
_NOISE_MS = 0.3
_BAD_TIMES = 10.0
_FELT_MS = 20.0
_MISSING = ("42P01", "42703", "42883", "42704")
"""Undefined table, column, function or operator, object (PostgreSQL documentation, appendix A)."""


def check(case: Case) -> Iterator[Finding]:
    """The busiest statements of pg_stat_statements, timed on the copy before up and after it."""
    for one in case.trial.again:
        where = _where(case, one)
        shown = " ".join(one.served.text.split())
        facts: dict[str, Any] = {"calls": one.served.calls, "said": shown if len(shown) <= 160 else shown[:159] + "…"}
        if one.after is None:
            if one.sqlstate in _MISSING or one.sqlstate[:2] == "42":
                yield case.found(
                    "dependent-object-breaks", Severity.HIGH, where,
                    "A statement that this server has run {calls} times fails after this ({error}): {said}",
                    error=one.error, **facts,
                    remedy="Change the application first: let it work with the old and the new names, then take the old away.",
                    wrong_if="that statement belongs to a program that is no longer in use",
                )  # fmt: skip
            continue
        before_ms, after_ms = one.served.before.ms, one.after.ms
        if after_ms < _SLOWER * before_ms + _NOISE_MS or one.served.before.shape == one.after.shape:
            continue
        # Read whole, a table costs more the larger it is; by an index it hardly does.
        live_ms = after_ms * max((case.scale(table) for table in one.served.tables), default=1.0)
        bad = live_ms > _BAD_TIMES * before_ms and live_ms > _FELT_MS
        gone = one.served.before.indexes - one.after.indexes
        yield case.found(
            "plan-regression", Severity.HIGH if bad else Severity.MEDIUM, where,
            "A statement that this server has run {calls} times takes {after_ms} on the copy after this, {before_ms}"
            " before: " + ("it can no longer use {indexes}: " if gone else "its plan is another one: ") + "{said}",
            before_ms=before_ms, after_ms=after_ms, live_ms=round(live_ms, 3), indexes=", ".join(sorted(gone)), **facts,
            remedy="Build what the statement needs (CREATE INDEX CONCURRENTLY) before this migration.",
            wrong_if="the values it is called with are unlike those tried here: " + one.served.sql[:200],
        )  # fmt: skip


def _where(case: Case, one: Again) -> object:
    touched = [table for table in one.served.tables if table in case.trial.tables]
    return (touched or list(one.served.tables))[0]
