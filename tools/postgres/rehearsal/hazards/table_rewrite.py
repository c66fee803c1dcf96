"""A statement that writes the whole table anew under a lock that nobody passes."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import LONG_MS, Case


def check(case: Case) -> Iterator[Finding]:
    """The table's file changed while the statement ran."""
    for step in case.trial.steps:
        for table in step.rewritten:
            if case.new(table) or case.small(table):
                continue
            rows, size = case.size(table)
            seconds = case.live_ms(step, table) / 1000
            yield case.found(
                "table-rewrite", Severity.HIGH if seconds * 1000 > LONG_MS else Severity.MEDIUM, table,
                "Statement {statement} writes all of the table anew ({live_bytes}, about {live_rows} rows): about {live_s}"
                " during which nobody can read it",
                statement=step.number, live_rows=rows, live_bytes=size, live_s=round(seconds, 3),
                remedy="Add a new column, fill it in batches, swap the names.",
                wrong_if="the live server writes much faster than this machine",
            )  # fmt: skip
