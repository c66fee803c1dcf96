# ruff: noqa: E501
"""The reports whose comments are kept as golden files."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.reply import Answered, Authority, CaseStatus, Handoff, Option, PlanPair, Proposal, Reply, Report
from common.evidence import GENESIS, Draft, Evidence, Status, seal
from common.findings import Finding, NotChecked, Severity

UP = "CREATE INDEX CONCURRENTLY ix_tx_wallet ON bank.tx (wallet_id, created_at DESC);"
DOWN = "DROP INDEX CONCURRENTLY bank.ix_tx_wallet;"
SQL = "SELECT * FROM bank.tx WHERE wallet_id = 42 ORDER BY created_at DESC LIMIT 50"
HOSTILE = (
    "x</details><script>alert(1)</script> ![i](https://evil.example/i.png) [l](https://evil.example) @octocat @org/team fixes #1 "
    "GH-2 closes octo/repo#3 <!-- dbcrew:other --> ``` ~~~ ` | `` www.evil.example \u202e\u200b\x00 &#64;octocat $x$ ]( \\ "
    '"];click a "https://evil.example"\n\n# heading\n\n```\n</details>\n<!-- dbcrew:other -->\n---\n====\n'
)


def chain(*records: tuple[str, dict[str, Any], Status, str]) -> tuple[Evidence, ...]:
    made: list[Evidence] = []
    for number, (tool, data, status, statement) in enumerate(records, 1):
        draft = Draft(case="local#7", key=str(number), tool=tool, engine="postgresql", server_version="18.1", role="dbcrew",
                      statement=statement, status=status, data=data, ms=1.5 * number, at="2026-11-21T12:00:00.000+00:00")  # fmt: skip
        made.append(seal(draft, number, made[-1].digest if made else GENESIS))
    return tuple(made)


def explained(kind: str, time_ms: float, **more: object) -> dict[str, Any]:
    node = {
        "Node Type": kind,
        "Relation Name": "tx",
        "Alias": "tx",
        "Startup Cost": 0.0,
        "Total Cost": 99.5,
        "Plan Rows": 50,
        "Plan Width": 8,
    }
    return {
        "Plan": node
        | {"Actual Startup Time": 0.0, "Actual Total Time": time_ms, "Actual Rows": 50, "Actual Loops": 1}
        | more,
        "Execution Time": time_ms,
    }


SCHEMA = {
    "tables": [{
        "name": "bank.tx", "columns": [{"name": "id", "type": "bigint"}, {"name": "wallet_id", "type": "bigint"}, {"name": "amount", "type": "numeric(15,2)"}],
        "primary_key": ["id"], "foreign_keys": [{"columns": ["wallet_id"], "target": "bank.wallet", "target_columns": ["id"]}]}],
    "related": [{"name": "bank.wallet", "columns": [{"name": "id", "type": "bigint"}], "primary_key": ["id"], "foreign_keys": []}],
}  # fmt: skip


def solved(sql: str = SQL) -> Report:
    evidence = chain(
        ("explain_analyze", {"execution_ms": 812.4, "rows": 50, "plan": explained("Seq Scan", 812.4)}, Status.OK, sql),
        ("schema", SCHEMA, Status.OK, "SELECT oid FROM pg_class"),
        ("measure", {"up": UP, "down": DOWN, "before_ms": 812.4, "after_ms": 0.9, "size_bytes": 90_112, "plan": explained("Index Scan", 0.9, **{"Index Name": "ix_tx_wallet"})}, Status.OK, UP),
    )  # fmt: skip
    proposal = Proposal(
        kind="index", up=UP, down=DOWN, why="The statement then reads only the rows it returns, in their order.", before="E3.before_ms",
        after="E3.after_ms", authority=Authority.FULL, rehearsal="E3", risks=("Each insert maintains one more index of {E3.size_bytes}.",),
        options=(Option(title="`(wallet_id, created_at DESC)`", weighed="serves filter and order", chosen=True), Option(title="`(wallet_id)`", weighed="sorts all rows of a wallet | each time")),
    )  # fmt: skip
    finding = Finding(code="seq-scan-on-large-table", severity=Severity.HIGH, object="bank.tx", summary="Reads the whole table in {execution_ms}",
                      facts={"execution_ms": 812.4}, evidence=("E1",), remedy=UP, wrong_if="the table is small again soon")  # fmt: skip
    reply = Reply(
        role="architect", question=1, title="Wallet history is slow", proposals=(proposal,), findings=(finding,), schema_evidence="E2",
        verdict="An index cuts the wallet history from {E3.before_ms} to {E3.after_ms}. It is rehearsed and can be undone.",
        prose=("It returns {E1.rows} rows and reads **all** of `bank.tx` for them.",), plans=(PlanPair(title="wallet history", before="E1.plan", after="E3.plan"),),
    )  # fmt: skip
    return Report(
        case="local#7",
        title="slow",
        replies=(reply,),
        evidence=evidence,
        roles=("architect",),
        elapsed_s=4.2,
        database_s=3.1,
    )


def nothing() -> Report:
    evidence = chain(("explain_analyze", {"execution_ms": 0.2, "rows": 1}, Status.OK, SQL))
    reply = Reply(role="architect", question=1, title="Is it slow?", looked_at=("E1",),
                  verdict="The statement takes {E1.execution_ms} and reads only the rows that it returns.")  # fmt: skip
    return Report(case="local#7", title="x", replies=(reply,), evidence=evidence, roles=("architect",), elapsed_s=0.8)


def two() -> Report:
    one, other = (
        solved(),
        nothing()
        .replies[0]
        .model_copy(update={"question": 2, "verdict": "It takes {E1.execution_ms}: nothing to mend."}),
    )
    handoff = Handoff(role="admin", title="Vacuum `bank.tx`", body="Please look at E1.")
    first = one.replies[0].model_copy(update={"handoffs": (handoff,)})
    answered = Answered(role="admin", issue=12, title=handoff.title, verdict="Autovacuum is on again.", status="closed")
    return one.model_copy(
        update={
            "replies": (first, other),
            "answered": (answered,),
            "roles": ("architect", "persona"),
            "status": CaseStatus.NEEDS_APPROVAL,
        }
    )


def partial() -> Report:
    evidence = chain(
        ("top_statements", {"reason": "the extension pg_stat_statements is not there", "needs": "CREATE EXTENSION pg_stat_statements"}, Status.NO_DATA, ""),
        ("health", {"dead_share": 0.31}, Status.OK, "SELECT relname FROM pg_stat_user_tables"),
    )  # fmt: skip
    findings = (
        Finding(code="dead-tuples", severity=Severity.LOW, object="bank.audit", summary="{dead_share} of the rows are dead", facts={"dead_share": 0.31}, evidence=("E2",), remedy="VACUUM bank.audit"),
        Finding(code="app-role-superuser", severity=Severity.CRITICAL, object="app", summary="The application's role is a superuser", evidence=("E2",)),
    )  # fmt: skip
    reply = Reply(role="admin", question=1, title="How is it?", verdict="One thing must be mended now: the role `app`.", findings=findings,
                  not_checked=(NotChecked(code="bloated-index", needs="GRANT pg_stat_scan_tables TO dbcrew"),), status=CaseStatus.PARTIAL)  # fmt: skip
    return Report(case="local#7", title="x", replies=(reply,), evidence=evidence, roles=("admin",), elapsed_s=1.4, status=CaseStatus.PARTIAL,
                  unread=("The attachment: only text is read.",), mind="claude", cost_usd=0.12)  # fmt: skip


def migration() -> Report:
    up = "ALTER TABLE bank.tx ADD CONSTRAINT amount_not_null CHECK (amount IS NOT NULL) NOT VALID;\nALTER TABLE bank.tx VALIDATE CONSTRAINT amount_not_null;"
    down = "ALTER TABLE bank.tx DROP CONSTRAINT amount_not_null;"
    evidence = chain(
        (
            "rehearse",
            {"up": up, "down": down, "held_ms": 9120.0, "verdict": "unsafe"},
            Status.OK,
            "ALTER TABLE bank.tx ALTER amount SET NOT NULL",
        )
    )
    finding = Finding(
        code="lock-blocks-reads",
        severity=Severity.HIGH,
        object="bank.tx",
        summary="ACCESS EXCLUSIVE is held for {held_ms}",
        facts={"held_ms": 9120.0},
        evidence=("E1",),
    )
    proposal = Proposal(kind="migration", up=up, down=down, why="The same rule, without a lock that readers notice.", authority=Authority.SHARED, rehearsal="E1",
                        risks=("The second statement reads the whole table.",))  # fmt: skip
    reply = Reply(role="architect", question=1, title="May we run it?", verdict="**Unsafe as it stands**: it blocks reads for {E1.held_ms}. The rewrite below does the same safely.",
                  findings=(finding,), proposals=(proposal,), status=CaseStatus.NEEDS_APPROVAL)  # fmt: skip
    return Report(
        case="local#7",
        title="x",
        replies=(reply,),
        evidence=evidence,
        roles=("architect",),
        elapsed_s=12.5,
        status=CaseStatus.NEEDS_APPROVAL,
    )


def hostile(text: str = HOSTILE) -> Report:
    """`text` wherever something untrusted may stand."""
    schema = {
        "tables": [
            {
                "name": text,
                "columns": [{"name": text, "type": text}],
                "primary_key": [text],
                "foreign_keys": [{"columns": [text], "target": text}],
            }
        ]
    }
    evidence = chain(
        (
            text,
            {"word": text, "before_ms": 2.0, "after_ms": 1.0, "plan": explained(text, 1.0, **{"Index Name": text})},
            Status.OK,
            text,
        ),
        ("schema", schema, Status.OK, text),
        ("health", {"reason": text, "needs": text}, Status.REFUSED, text),
    )
    evidence = tuple(
        record.model_copy(update={"server_version": text, "role": text, "engine": text}) for record in evidence
    )
    proposal = Proposal(kind="index", up=text, down=text, sql=text, why=text, risks=(text,), options=(Option(title=text, weighed=text),),
                        authority=Authority.FULL, rehearsal="E1", before="E1.before_ms", after="E1.after_ms")  # fmt: skip
    finding = Finding(
        code="dead-tuples",
        severity=Severity.HIGH,
        object=text,
        summary="Seen: {word}",
        facts={"word": text},
        remedy=text,
        wrong_if=text,
        evidence=("E1",),
    )
    reply = Reply(role="architect", question=1, title=text, verdict=text, prose=(text, "{E1.word} and `{E1.word}`"), proposals=(proposal,), findings=(finding,),
                  plans=(PlanPair(title=text, before="E1.plan", after="E1.plan"),), schema_evidence="E2", not_checked=(NotChecked(code=text, needs=text),))  # fmt: skip
    answered = Answered(role=text, issue=5, title=text, verdict=text, status=text)
    return Report(case="local#7", title=text, replies=(reply, reply.model_copy(update={"question": 2})), evidence=evidence, answered=(answered,),
                  roles=(text,), mind=text, unread=(text,))  # fmt: skip


def long() -> Report:
    base = solved()
    filler = [
        ("explain", {"cost": 1.0}, Status.OK, "SELECT " + ", ".join(f"column_{n}" for n in range(size)))
        for size in (6_000, 3_000, 2_000, 10)
    ]
    first = [(record.tool, record.data, record.status, record.statement) for record in base.evidence]
    return base.model_copy(update={"evidence": chain(*first, *filler)})


@pytest.fixture
def reports() -> dict[str, Callable[..., Report]]:
    return {
        "solved": solved, "nothing": nothing, "two": two, "partial": partial, "migration": migration, "hostile": hostile, "long": long
    }  # fmt: skip
