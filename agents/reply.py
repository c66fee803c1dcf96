"""What a role answers: findings, proposals, handoffs and prose whose figures are references into the evidence.

Prose is Markdown in which `{E3.execution_ms}` stands for the value at that path of the data of evidence E3 (a dot
between keys, list positions as numbers). A figure that is typed in instead is refused by agents.verify.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.errors import UnbackedClaim
from common.evidence import Evidence
from common.figures import agreeing, show
from common.findings import Finding, NotChecked

REFERENCE = re.compile(r"\{(E\d+)\.([A-Za-z0-9_][A-Za-z0-9_.]*)\}")

BESIDE = 0
"""The question number of a reply that nobody asked for: what was seen beside the questions."""

Kind = Literal["index", "drop-index", "rewrite", "statistics", "setting", "vacuum", "migration"]


class Authority(StrEnum):
    """Who decides, by the role's charter: the role, the role with the code's owners, or somebody it only advises."""

    FULL = "full"
    SHARED = "shared"
    CONSULTATIVE = "consultative"


class CaseStatus(StrEnum):
    """How a case ended (contract.md)."""

    DONE = "done"
    NEEDS_APPROVAL = "needs_approval"
    PARTIAL = "partial"
    FAILED = "failed"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Option(_Part):
    """One way that was weighed: what it is, what speaks for and against it (prose), and whether it was chosen."""

    title: str
    weighed: str
    chosen: bool = False


class Proposal(_Part):
    """A change. `up` and `down` run as they stand, in the order given; `sql` is a rewrite's new statement.

    `before` and `after` are references (`E7.before_ms`, without braces) to measured milliseconds, or empty. `rehearsal`
    is the id of the evidence that proves the change on a copy.
    """

    kind: Kind
    up: str = ""
    down: str = ""
    sql: str = ""
    why: str
    before: str = ""
    after: str = ""
    risks: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    authority: Authority
    rehearsal: str = ""


class Handoff(_Part):
    """Work given to another role, as an issue of its own. `waits`: the case goes on when that issue is answered."""

    role: str
    title: str
    body: str
    waits: bool = True


class PlanPair(_Part):
    """Two plans to draw: references (without braces) to plan JSON in the evidence. `after` may be empty."""

    title: str
    before: str
    after: str = ""


class Reply(_Part):
    """The answer of one role to one question of the case.

    `verdict` is one or two sentences that a busy engineer can act on; `prose` holds further paragraphs; `not_checked` are
    codes of the catalogue that could not be looked at, `limits` other things that this answer leaves open (prose; calls
    that brought nothing back stand in the evidence);
    `schema_evidence` the id of evidence from the schema tool, for the ER diagram; `looked_at` the ids of all evidence
    the role used; `decides`: the verdict says yes or no itself, so that nothing is put before it; `problem` one line for
    whoever asked, when the question could not be worked on as it stands.
    """

    role: str
    question: int
    title: str
    verdict: str
    prose: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    handoffs: tuple[Handoff, ...] = ()
    plans: tuple[PlanPair, ...] = ()
    schema_evidence: str = ""
    not_checked: tuple[NotChecked, ...] = ()
    limits: tuple[str, ...] = ()
    looked_at: tuple[str, ...] = ()
    status: CaseStatus = CaseStatus.DONE
    decides: bool = False
    problem: str = ""

    def texts(self) -> Iterator[str]:
        """Every piece of prose in the reply, in the order it is shown."""
        yield self.verdict
        yield from self.prose
        yield from self.limits
        for proposal in self.proposals:
            yield proposal.why
            yield from proposal.risks
            yield from (option.weighed for option in proposal.options)
        for handoff in self.handoffs:
            yield from (handoff.title, handoff.body)


class Answered(_Part):
    """What became of a handoff: the issue it is, and the verdict that came back (already rendered)."""

    role: str
    issue: int
    title: str
    verdict: str = ""
    status: str = "open"


class Report(_Part):
    """Everything the comment is rendered from."""

    case: str
    title: str
    replies: tuple[Reply, ...]
    evidence: tuple[Evidence, ...]
    answered: tuple[Answered, ...] = ()
    roles: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    database_s: float = 0.0
    mind: str = "rules"
    cost_usd: float = 0.0
    status: CaseStatus = CaseStatus.DONE
    unread: tuple[str, ...] = Field(default=(), description="Parts of the issue that were not read, and why.")


def look_up(reference: str, evidence: Mapping[str, Evidence]) -> Any:
    """The value a reference (`E3.execution_ms`) points to. Raises UnbackedClaim when nothing is there."""
    number, _, path = reference.partition(".")
    record = evidence.get(number)
    if record is None or not path:
        raise UnbackedClaim(detail=f"{reference} names no evidence of this case", id=reference)
    value: Any = record.data
    for key in path.split("."):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise UnbackedClaim(detail=f"{reference} points to nothing", id=reference) from error
    return value


def resolve(text: str, evidence: Mapping[str, Evidence]) -> str:
    """`text` with every reference replaced by its value. Raises UnbackedClaim when one points to nothing."""

    def value(match: re.Match[str]) -> str:
        path = match.group(2)
        return show(named(path), look_up(f"{match.group(1)}.{path}", evidence))

    return agreeing(REFERENCE.sub(value, text))


def named(path: str) -> str:
    """The name whose end is the unit of what a path leads to; of an entry of a list, that of the list in the singular."""
    *before, last = path.split(".")
    return before[-1].removesuffix("s") if before and last.isdecimal() and before[-1].endswith("_shares") else last


def milliseconds(reference: str, evidence: Mapping[str, Evidence]) -> float | None:
    """The measured milliseconds a proposal's `before` or `after` points to; None for an empty reference."""
    return float(look_up(reference, evidence)) if reference else None
