"""Nothing leaves that no evidence backs: every figure, finding, proposal and handoff of a reply is checked first.

A reply that claims more than its evidence is refused whole: the rules must be right, and a model is told what to mend.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from agents import numerals
from agents.backing import flat, has_fact, holds, is_sql, normal, said, short, tried_statements, values
from agents.prose import spans
from agents.reply import REFERENCE, Authority, Handoff, Kind, Proposal, Reply, look_up
from common.catalogue import known
from common.errors import UnbackedClaim
from common.evidence import Evidence
from common.findings import Finding, NotChecked

PROOFS = frozenset({"rehearse", "measure"})
"""The tools whose evidence proves a proposal: those that run it on a copy."""

_FAILED = ("reason", "needs")
"""What may be said of a call that failed."""

_REVERSIBLE = frozenset({"index", "drop-index"})
_ISSUE = re.compile(r"(?<![\w&#/;])#\d+\b(?!;)")
_EVIDENCE_ID = re.compile(r"\bE(\d+)\b(?!\.\d)")
_BRACES = re.compile(r"\{[^{}]*\}")
_JOINED = re.compile(
    REFERENCE.pattern + r"(?=\w|[.,]\d|\{|\s*(?:%|×|x\b|-?fold\b|ms\b|µs\b|s\b|[kMGT]i?B\b|(?:milli|micro)?seconds?\b"
    r"|minutes?\b|hours?\b|bytes\b|per ?cent\b|percent\b|hundred|thousand|million|billion|k\b|M\b))"
)
_FIELD = re.compile(r"\{[A-Za-z_]\w*\}")


def verified(
    reply: Reply,
    evidence: Mapping[str, Evidence],
    authority: Mapping[Kind, Authority],
    *,
    quoted: Sequence[str] = (),
    hops_left: int | None = None,
) -> Reply:
    """The reply as it is. Raises UnbackedClaim, naming every violation, when anything in it is not backed."""
    found = violations(reply, evidence, authority, quoted=quoted, hops_left=hops_left)
    if found:
        raise UnbackedClaim(detail="; ".join(found), id=f"{reply.role}/{reply.question}")
    return reply


def violations(
    reply: Reply,
    evidence: Mapping[str, Evidence],
    authority: Mapping[Kind, Authority],
    *,
    quoted: Sequence[str] = (),
    hops_left: int | None = None,
) -> list[str]:
    """What in the reply no evidence backs, each with what would mend it. Empty: everything is backed.

    `authority` is the role's: kinds that are not in it lie outside. `quoted` are texts that may be quoted in code spans
    (the issue's own). `hops_left` is how many handoffs deep the case may still go; None: not limited here.
    """
    return list(_Check(reply, evidence, authority, quoted, hops_left).run())


class _Check:
    def __init__(
        self,
        reply: Reply,
        evidence: Mapping[str, Evidence],
        authority: Mapping[Kind, Authority],
        quoted: Sequence[str],
        hops_left: int | None,
    ) -> None:
        self.reply, self.evidence, self.authority, self.hops_left = reply, evidence, authority, hops_left
        self.quoted = "\n".join(flat(each) for each in quoted)
        self.proven = "\n".join(flat(each) for each in self._proven_texts())

    def _proven_texts(self) -> Iterator[str]:
        for record in self.evidence.values():
            if record.ok:
                yield record.statement
                yield from (value for value in values(record.data) if isinstance(value, str))
        for proposal in self.reply.proposals:
            yield from (proposal.up, proposal.down, proposal.sql)

    def run(self) -> Iterator[str]:
        for text in self.reply.texts():
            yield from self.prose(text)
        for title in self._titles():
            if flat(title) not in self.quoted:
                yield from self.prose(title)
        for finding in self.reply.findings:
            yield from (f"finding {finding.code} on {finding.object}: {each}" for each in self.finding(finding))
        for number, proposal in enumerate(self.reply.proposals, 1):
            yield from (f"proposal {number} ({proposal.kind}): {each}" for each in self.proposal(proposal))
        for handoff in self.reply.handoffs:
            yield from self.handoff(handoff)
        for missing in self.reply.not_checked:
            yield from self.not_checked(missing)
        yield from self.pointers()

    def _titles(self) -> Iterator[str]:
        yield self.reply.title
        yield from (pair.title for pair in self.reply.plans)
        yield from (option.title for proposal in self.reply.proposals for option in proposal.options)

    def prose(self, text: str) -> Iterator[str]:
        """Every reference resolves to one value, and no figure is typed in beside them."""
        for match in REFERENCE.finditer(text):
            yield from self.scalar(match.group()[1:-1])
        for match in _JOINED.finditer(text):
            yield f"{match.group()} is joined to more text: its unit comes from its name, write nothing to it"
        outside: list[str] = []
        for span in spans(text):
            if not span.code:
                outside.append(span.text)
                continue
            outside.append(" · ")
            content = REFERENCE.sub("", span.text)
            if numerals.numeric(content) and not self.proven_code(content):
                yield f"`{short(span.text)}` is in no evidence or proposal: use a reference like {{E3.execution_ms}}"
        bare = REFERENCE.sub(" ", "".join(outside))
        for braces in _BRACES.findall(bare):
            yield f"{short(braces)} is not a reference: write it like {{E3.execution_ms}}"
        for number in _EVIDENCE_ID.findall(bare):
            if f"E{number}" not in self.evidence:
                yield f"E{number} names no evidence of this case"
        bare = _EVIDENCE_ID.sub(" ", _ISSUE.sub(" ", _BRACES.sub(" ", bare)))
        for figure in numerals.typed(bare):
            yield f"the figure in “{short(figure)}” is typed in: use a reference like {{E3.execution_ms}}"

    def proven_code(self, content: str) -> bool:
        """Whether a code span with a number in it stands, to the letter, in evidence, a proposal or a quoted text."""
        words = flat(content)
        if not words or numerals.only_units(words):
            return False
        if holds(self.proven, words):
            return True
        return holds(self.quoted, words) and not numerals.with_unit(words)

    def scalar(self, reference: str) -> Iterator[str]:
        try:
            value = look_up(reference, self.evidence)
        except UnbackedClaim as error:
            yield str(error.facts["detail"])
            return
        if isinstance(value, (dict, list)) or value is None:
            yield f"{reference} is not one value: point to one inside it"
        number, _, path = reference.partition(".")
        if not self.evidence[number].ok and path not in _FAILED:
            yield f"{reference} belongs to a call that failed: say that it could not be looked at"

    def finding(self, finding: Finding) -> Iterator[str]:
        if not known(finding.code):
            yield "its code is not in the catalogue"
        if not finding.evidence:
            yield "it cites no evidence"
        cited: list[Evidence] = []
        for number in finding.evidence:
            record = self.evidence.get(number)
            if record is None:
                yield f"{number} names no evidence of this case"
            elif not record.ok:
                yield f"{number} is a call that failed"
            else:
                cited.append(record)
        for name, value in finding.facts.items():
            if not any(has_fact(record, name, value) for record in cited):
                yield f"the fact {name} = {value!r} is not in the evidence it cites"
        if any(said(record.data, finding) for record in cited):
            return
        missing = [name for name in _FIELD.findall(finding.summary) if name[1:-1] not in finding.facts]
        if missing:
            yield f"{missing[0]} in its summary is not among its facts"
        for text in (_FIELD.sub(" ", finding.summary), finding.wrong_if):
            yield from self.prose(text)
        if not is_sql(finding.remedy):
            yield from self.prose(finding.remedy)

    def proposal(self, proposal: Proposal) -> Iterator[str]:
        granted = self.authority.get(proposal.kind)
        if granted is None:
            yield f"{proposal.kind} lies outside the authority of {self.reply.role}: hand it over"
        elif granted is not proposal.authority:
            yield f"{self.reply.role} has {granted} authority for this, not {proposal.authority}"
        change = proposal.up or proposal.sql
        if not change.strip():
            yield "it changes nothing: give up, or sql for a rewrite"
        if proposal.kind in _REVERSIBLE and not proposal.down.strip():
            yield "it has no way back: give down"
        record = self.evidence.get(proposal.rehearsal)
        if record is None:
            yield "it was not rehearsed: rehearse it and give the evidence's id"
        elif record.tool not in PROOFS:
            yield f"{record.id} is from {record.tool}, which rehearses nothing"
        elif not record.ok:
            yield f"its rehearsal {record.id} ended with {record.status}"
        else:
            tried = {normal(value) for value in tried_statements(record.data)}
            for text in filter(None, (proposal.up, proposal.sql)):
                if normal(text) not in tried:
                    yield f"{record.id} rehearsed something else: propose what was rehearsed, to the letter"
            if proposal.down.strip() and not proposal.sql and normal(proposal.down) not in tried:
                yield f"its way back is not the one that {record.id} rehearsed"
        for name in ("before", "after"):
            reference = getattr(proposal, name)
            if reference:
                yield from self.milliseconds(name, reference)
        if bool(proposal.before) != bool(proposal.after):
            yield "a gain needs both before and after"

    def milliseconds(self, name: str, reference: str) -> Iterator[str]:
        problems = list(self.scalar(reference))
        yield from problems
        if not problems:
            value = look_up(reference, self.evidence)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                yield f"{name} ({reference}) is not a time"
            elif not reference.endswith("_ms") and not reference.endswith(".ms"):
                yield f"{name} ({reference}) is not in milliseconds"

    def handoff(self, handoff: Handoff) -> Iterator[str]:
        if handoff.role == self.reply.role:
            yield f"{handoff.role} hands over to itself"
        if self.hops_left is not None and self.hops_left <= 0:
            yield f"no handoff to {handoff.role} is possible: the chain of handoffs is as long as it may be"

    def not_checked(self, missing: NotChecked) -> Iterator[str]:
        if not known(missing.code):
            yield f"{missing.code} was not checked, but it is no code of the catalogue: say it among the limits"
        words = flat(missing.needs)
        if numerals.with_unit(words) and words not in self.proven and not self.is_reason(words):
            yield f"what {missing.code} needs holds a figure that is in no evidence"

    def is_reason(self, words: str) -> bool:
        """Whether the words are those with which a call of this case said why it brought nothing back."""
        failed = (record for record in self.evidence.values() if not record.ok)
        return any(words == flat(str(record.data.get(key, ""))) for record in failed for key in _FAILED)

    def pointers(self) -> Iterator[str]:
        for pair in self.reply.plans:
            for reference in filter(None, (pair.before, pair.after)):
                try:
                    look_up(reference, self.evidence)
                except UnbackedClaim as error:
                    yield str(error.facts["detail"])
        for number in filter(None, (self.reply.schema_evidence, *self.reply.looked_at)):
            if number not in self.evidence:
                yield f"{number} names no evidence of this case"
