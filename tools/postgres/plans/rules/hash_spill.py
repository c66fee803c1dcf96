"""hash-spill: a hash table did not fit in memory and was split into batches on disk."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look
from tools.postgres.plans.tree import Node


def check(look: Look) -> Iterator[Finding]:
    """Every Hash in more than one batch, and every aggregate that used disk."""
    for node in look.nodes:
        if node.loops is None:
            continue
        batches, disk = _spilled(node)
        if batches <= 1 and not disk:
            continue
        share = look.share(node)
        yield Finding(
            code="hash-spill",
            severity=Severity.MEDIUM if share is None or share >= 0.2 else Severity.LOW,
            object="work_mem",
            summary="A {node} was split into {batches} batches on disk because it did not fit in memory",
            facts={
                "node": "hash join" if node.kind == "Hash" else "hash aggregate",
                "batches": batches,
                "memory_bytes": int(node.get("Peak Memory Usage", 0)) * 1024,
                "disk_bytes": disk or None,
            },
            remedy="Raise work_mem (or hash_mem_multiplier) for this statement only, or read fewer rows and columns",
            wrong_if="the statement runs rarely and nobody waits for it",
        )


def _spilled(node: Node) -> tuple[int, int]:
    """Batches, and bytes on disk."""
    if node.kind == "Hash":
        return int(node.get("Hash Batches", 1)), 0
    parts = [node.raw, *node.get("Workers", ())]
    batches = max(int(part.get("HashAgg Batches", part.get("Planned Partitions", 0)) or 0) for part in parts)
    return batches, max(int(part.get("Disk Usage", 0)) for part in parts) * 1024
