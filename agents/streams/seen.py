"""Health findings about the tables of a case."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from agents.desk import Desk
from agents.reply import BESIDE, Reply
from common.evidence import Evidence
from common.findings import Finding, NotChecked, Severity


async def health(desk: Desk, tables: list[str], codes: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the health checks `codes` say of these tables, their columns and their indexes, when it is worth a look."""
    if not tables:
        return []
    evidence = await desk.runner.call("health", codes=sorted(codes))
    return [finding.model_dump(mode="json") for finding in about(evidence, tables)]


def about(evidence: Evidence, tables: Iterable[str] | None = None) -> list[Finding]:
    """The findings in evidence of the health tool that are above info; with `tables`, those about these tables only."""
    chosen = None if tables is None else tuple(tables)
    return [
        one
        for one in everything(evidence)
        if one.severity is not Severity.INFO and (chosen is None or _concerns(one, chosen))
    ]


def everything(evidence: Evidence) -> list[Finding]:
    """The findings in evidence of the health tool or of a drill, those for information included."""
    if not evidence.ok:
        return []
    found = [Finding.model_validate(one) for one in evidence.data["findings"]]
    return [one.model_copy(update={"evidence": (evidence.id,)}) for one in found]


def unchecked(evidence: Evidence) -> tuple[NotChecked, ...]:
    """What the health tool or a drill could not check, with what each would need."""
    return tuple(NotChecked.model_validate(one) for one in evidence.data["not_checked"]) if evidence.ok else ()


def _concerns(finding: Finding, tables: tuple[str, ...]) -> bool:
    """Whether the object is one of the tables, a column of one, or an index that says which table it is on."""
    table = str(finding.facts.get("table") or "")
    return any(finding.object == one or finding.object.startswith(f"{one}.") or table == one for one in tables)


def _served(finding: Finding, made: str) -> bool:
    """Whether an index of all rows that is proposed anyway begins with the column of a foreign key without index."""
    if finding.code != "foreign-key-without-index":
        return False
    table, _, column = finding.object.rpartition(".")
    wanted = rf"ON {re.escape(table)} (USING btree )?\({re.escape(column)}\b(?!.*\bWHERE\b)"
    return re.search(wanted, made) is not None


def seen_beside(seen: Sequence[dict[str, Any]], replies: Sequence[Reply]) -> list[Reply]:
    """What the workstreams found on the tables of the case and no role has said: one reply of the architect, or none."""
    said = {(finding.code, finding.object) for reply in replies for finding in reply.findings}
    found = [Finding.model_validate(one) for one in seen]
    made = "\n".join(proposal.up for reply in replies for proposal in reply.proposals if proposal.kind == "index")
    left = [one for one in found if (one.code, one.object) not in said and not _served(one, made)]
    if not left:
        return []
    left.sort(key=lambda one: (one.severity.rank, one.code, one.object))
    return [
        Reply(
            role="architect",
            question=BESIDE,
            title="Also seen on these tables",
            verdict="Nobody asked about these, but they stand on the same tables.",
            findings=tuple(left),
            looked_at=tuple(dict.fromkeys(number for one in left for number in one.evidence)),
        )
    ]
