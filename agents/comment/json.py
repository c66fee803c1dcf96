"""The JSON object of `consult` and `demo`, as contract.md describes it."""

from typing import Any

from agents.redaction import clean_all
from agents.reply import Proposal, Reply, Report, milliseconds, resolve
from common.evidence import Evidence
from common.findings import Finding


def as_json(report: Report, comment: str) -> dict[str, Any]:
    """The object: `case`, `comment`, `findings`, `proposals`, `handoffs`, `evidence`, `status`, `elapsed_s`.

    Secrets and personal data are replaced in it; a record in which that happened no longer matches its digest, which is
    that of the stored record.
    """
    evidence = {record.id: record for record in report.evidence}
    issues = {(each.role, each.title): each.issue for each in report.answered}
    content: dict[str, Any] = clean_all(
        {
            "case": report.case,
            "findings": [_finding(each) for each in findings(report.replies)],
            "proposals": [_proposal(each, evidence) for reply in report.replies for each in reply.proposals],
            "handoffs": [
                {**each.model_dump(mode="json"), "issue": issues.get((each.role, each.title))}
                for reply in report.replies
                for each in reply.handoffs
            ],
            "evidence": [record.public() for record in report.evidence],
            "status": report.status.value,
            "elapsed_s": round(report.elapsed_s, 3),
        }
    )
    return {"case": content.pop("case"), "comment": comment, **content}


def findings(replies: tuple[Reply, ...]) -> list[Finding]:
    """All findings, the worst first, each once."""
    unique = {(each.code, each.object, each.text): each for reply in replies for each in reply.findings}
    return sorted(unique.values(), key=lambda each: (each.severity.rank, each.object, each.code))


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "object": finding.object,
        "summary": finding.text,
        "evidence": list(finding.evidence),
        "remedy": finding.remedy,
    }


def _proposal(proposal: Proposal, evidence: dict[str, Evidence]) -> dict[str, Any]:
    return {
        "kind": proposal.kind,
        "up": proposal.up,
        "down": proposal.down,
        "sql": proposal.sql,
        "why": resolve(proposal.why, evidence),
        "gain": {
            "before_ms": milliseconds(proposal.before, evidence),
            "after_ms": milliseconds(proposal.after, evidence),
        },
        "risks": [resolve(each, evidence) for each in proposal.risks],
        "options": [
            {"title": each.title, "weighed": resolve(each.weighed, evidence), "chosen": each.chosen}
            for each in proposal.options
        ],
        "authority": proposal.authority.value,
        "rehearsal": proposal.rehearsal,
    }
