"""One measured case, and a reply that says nothing wrong about it."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.reply import Authority, Proposal, Reply
from common.evidence import GENESIS, Draft, Evidence, Status, seal
from common.findings import Finding, Severity

UP = 'CREATE INDEX CONCURRENTLY ix_tx_2024 ON "bank"."tx" (wallet_id, created_at DESC);'
DOWN = "DROP INDEX CONCURRENTLY bank.ix_tx_2024;"


def record(number: int, tool: str, data: dict[str, Any], status: Status = Status.OK, statement: str = "") -> Evidence:
    draft = Draft(
        case="c1",
        key=str(number),
        tool=tool,
        engine="postgresql",
        status=status,
        data=data,
        ms=1.5,
        statement=statement,
    )
    return seal(draft, number, GENESIS)


@pytest.fixture
def evidence() -> dict[str, Evidence]:
    records = [
        record(
            1,
            "explain_analyze",
            {"execution_ms": 812.4, "rows": 50, "scan": "Seq Scan", "plan": [{"cost": 1.5}]},
            statement="EXPLAIN ANALYZE SELECT * FROM bank.tx WHERE wallet_id = 42 LIMIT 50",
        ),
        record(2, "rehearse", {"up": UP, "down": DOWN, "before_ms": 812.4, "after_ms": 0.9, "size_bytes": 4096}),
        record(3, "health", {"reason": "not allowed", "needs": "GRANT pg_monitor"}, Status.REFUSED),
        record(
            4,
            "health",
            {
                "findings": [
                    {
                        "code": "int4-key-near-limit",
                        "severity": "high",
                        "object": "bank.tx.id",
                        "summary": "int4 key at {used_share}",
                        "facts": {"used_share": 0.91},
                        "remedy": "Change it to int8.",
                        "wrong_if": "rows were deleted",
                    }
                ]
            },
        ),
    ]
    return {each.id: each for each in records}


@pytest.fixture
def proposal() -> Proposal:
    return Proposal(
        kind="index",
        up=UP,
        down=DOWN,
        why="Reads `ix_tx_2024` only.",
        before="E2.before_ms",
        after="E2.after_ms",
        authority=Authority.FULL,
        rehearsal="E2",
    )


@pytest.fixture
def finding() -> Finding:
    return Finding(
        code="seq-scan-on-large-table",
        severity=Severity.HIGH,
        object="bank.tx",
        summary="Reads the whole table in {execution_ms}",
        facts={"execution_ms": 812.4},
        evidence=("E1",),
    )


@pytest.fixture
def reply(proposal: Proposal, finding: Finding) -> Reply:
    return Reply(
        role="architect",
        question=1,
        title="Slow history",
        looked_at=("E1", "E2"),
        proposals=(proposal,),
        findings=(finding,),
        verdict="An index cuts it from {E2.before_ms} to {E2.after_ms}, see E1 and #7.",
        prose=("It returned {E1.rows} rows; the two options differ in size ({E2.size_bytes}).",),
    )


@pytest.fixture
def made() -> Callable[..., Evidence]:
    return record
