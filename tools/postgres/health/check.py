"""What a health check is: one code of the catalogue, what it means, and how it is looked for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from common.figures import Value
from common.findings import Finding, NotChecked, Severity
from tools.postgres.health.view import View

Outcome = Sequence[Finding | NotChecked]
"""Findings, and the parts that the role or the host did not allow to be looked at. Empty: looked at, nothing wrong."""


@dataclass(frozen=True)
class Check:
    """One code. `look` must not scan a table: it reads catalogues, counters and, at most, ends of indexes.

    `summary` is a template over the facts of a finding; `needs` is what a role lacks when the server refuses the look.
    """

    code: str
    means: str
    summary: str
    wrong_if: str
    look: Callable[[View], Awaitable[Outcome]]
    needs: str = ""

    def finding(
        self, severity: Severity, row: Mapping[str, Value], *, summary: str = "", remedy: str = "", **more: Value
    ) -> Finding:
        """A finding about `row["object"]`, with `row["remedy"]`, and every other column and `more` as facts."""
        facts = {name: value for name, value in row.items() if name != "remedy"} | more
        return Finding(
            code=self.code,
            severity=severity,
            object=str(row["object"]),
            summary=summary or self.summary,
            facts=facts,
            remedy=remedy or str(row.get("remedy") or ""),
            wrong_if=self.wrong_if,
        )

    def not_checked(self, needs: str) -> NotChecked:
        """This code could not be looked at; `needs` is what would allow it."""
        return NotChecked(code=self.code, needs=needs)
