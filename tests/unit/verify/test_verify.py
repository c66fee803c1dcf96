# ruff: noqa: E501
"""What no evidence backs is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reply import Authority, CaseStatus, Handoff, Kind, Option, PlanPair, Proposal, Reply
from agents.verify import verified, violations
from common.errors import UnbackedClaim
from common.evidence import Evidence, Status
from common.findings import Finding, NotChecked, Severity

ALL: dict[Kind, Authority] = {"index": Authority.FULL, "rewrite": Authority.FULL, "setting": Authority.CONSULTATIVE}

Records = dict[str, Evidence]


def refused(text: str, evidence: Records, quoted: tuple[str, ...] = ()) -> list[str]:
    reply = Reply(role="architect", question=1, title="Slow history", verdict=text, status=CaseStatus.DONE)
    return violations(reply, evidence, ALL, quoted=quoted)


def test_a_backed_reply_passes_as_it_is(reply: Reply, evidence: Records) -> None:
    assert violations(reply, evidence, ALL) == []
    assert verified(reply, evidence, ALL) is reply


def test_every_violation_is_named_in_the_error(reply: Reply, evidence: Records) -> None:
    wrong = reply.model_copy(update={"verdict": "It is 3 times faster.", "prose": ("See {E9.rows}.",)})
    with pytest.raises(UnbackedClaim) as error:
        verified(wrong, evidence, ALL)
    assert "3 times" in str(error.value)
    assert "E9.rows" in str(error.value)


TYPED = [
    "It takes 3 s.", "It takes 812.4 ms.", "It is 3x faster.", "It saves 10 %.", "2 rows.", "v2", "It is 3× faster",
    "ten times faster", "Ten-fold", "tenfold", "a hundredfold gain", "twice as fast", "half the time", "by half",
    "It halves the time", "doubled", "two orders of magnitude", "an order of magnitude", "a quarter of the time",
    "two-thirds of it", "less than a second", "under a minute,", "one second", "twenty-five per cent", "two and a half hours",
    "thousands of rows", "a million rows", "ten\nseconds", "ten&nbsp;times", "t\u200ben times", "te**n** times", "t<b></b>en times",
    "te<!-- x -->n times", "ｔｅｎ times", "tеn times", "IV times", "３ s", "٣ s", "三 s", "⑩ s", "Ⅳ times", "½ the time", "3\u0301 s",
    "&#51; s", "&#x33; s", "&amp;#51; s", "&frac12; as long", "1\u200b0 s", "\\3 s", "**3** s", "10^3 rows", "¼", "x²",
    "{E1.execution_ms}0", "{E1.rows}{E1.rows}", "{E1.rows} million", "{E1.rows}k", "{E1.rows}.5", "{E1.rows} ms", "{E1.rows} %",
    "{E1.rows}x", "0{E1.rows}", "`3x`", "`300 ms`", "`ix_tx_9`", "``812``", "`ten times`", "```sql\nLIMIT 51\n```", "`42", "[E9]", "E9",
    "{E1.nothing}", "{E1}", "{3}", "{E3.tool}", "{E1.plan}", "{E1.plan.0}", "{E1.plan.5.cost}", "{{E1.rows}}", "#12x", "a#12",
    "[3](#x)", "![3](x)", "$3$", "3", "-3", "1e9", "1_000", "1,000", "E1.5", "roughly three seconds", "3rd party",
]  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
def test_a_figure_typed_into_prose_is_refused(text: str, evidence: Records) -> None:
    assert refused(text, evidence)


BACKED = [
    "It takes {E1.execution_ms}.", "{E1.rows} rows, {E2.size_bytes}; see E1, [E2] and #12.", "**{E1.execution_ms}**", "({E1.rows})",
    "`{E1.rows}`", "`{E1.scan}` reads all of it", "called {E1.rows} times", "{E1.plan.0.cost}", "`ix_tx_2024` is new.", "`LIMIT 50`",
    "```sql\nSELECT * FROM bank.tx\nWHERE wallet_id = 42\n```", "`wallet_id, created_at DESC`", "One index serves both; two options remain.",
    "A second index would not help.", "In the first place, nothing.", "`double precision`", "one row at a time", "the two queries", "a third option",
    "Nothing to do here: it is as fast as it can be.", "The µs matter.", "Ein Index genügt.", "wait for #3, #4",
]  # fmt: skip


@pytest.mark.parametrize("text", BACKED)
def test_language_and_references_pass(text: str, evidence: Records) -> None:
    assert refused(text, evidence) == []


def test_a_quoted_text_may_be_named_in_code_but_its_figures_not_claimed(evidence: Records) -> None:
    issue = ("Is ix_pay_77 useful? It takes 300 ms.",)
    assert refused("`ix_pay_77` is useful.", evidence, issue) == []
    assert refused("ix_pay_77 is useful.", evidence, issue)
    assert refused("It `takes 300 ms`.", evidence, issue)
    assert refused("`ix_pay_7`", evidence, issue)


@given(st.text(), st.sampled_from("0123456789٣３Ⅳ½②"), st.text())
def test_no_numeric_character_gets_past(before: str, digit: str, after: str) -> None:
    text = f"{before} {digit} {after}".replace("`", "'").replace("{", "(").replace("<", "(")
    assert refused(text, {})


Change = Callable[[Reply], Reply]


def edited(**change: Any) -> Change:
    return lambda reply: reply.model_copy(update=change)


def proposed(**change: Any) -> Change:
    return lambda reply: reply.model_copy(update={"proposals": (reply.proposals[0].model_copy(update=change),)})


def found(**change: Any) -> Change:
    return lambda reply: reply.model_copy(update={"findings": (reply.findings[0].model_copy(update=change),)})


CHANGES: dict[str, tuple[Change, str]] = {
    "title": (edited(title="Made 10× faster"), "typed in"),
    "code": (found(code="made-up"), "catalogue"),
    "no evidence": (found(evidence=()), "cites no evidence"),
    "evidence that is not there": (found(evidence=("E1", "E8")), "E8"),
    "evidence that failed": (found(evidence=("E1", "E3")), "E3 is a call that failed"),
    "fact with another value": (found(facts={"execution_ms": 813.0}), "execution_ms"),
    "fact with another name": (found(facts={"execution_ms": 812.4, "planning_ms": 812.4}), "planning_ms"),
    "fact true for one": (found(facts={"execution_ms": 812.4, "rows": True}), "rows"),
    "fact from uncited evidence": (found(evidence=("E2",)), "execution_ms"),
    "figure in the summary": (found(summary="Takes 3 s"), "typed in"),
    "unknown fact in the summary": (found(summary="Takes {other_ms}"), "other_ms"),
    "figure in wrong_if": (found(wrong_if="it ran under 3 s"), "typed in"),
    "figure in the remedy": (found(remedy="Makes it 3x faster"), "typed in"),
    "outside authority": (proposed(kind="vacuum"), "outside the authority"),
    "authority taken": (proposed(kind="setting"), "consultative authority"),
    "never rehearsed": (proposed(rehearsal=""), "was not rehearsed"),
    "rehearsal not there": (proposed(rehearsal="E7"), "was not rehearsed"),
    "rehearsal is a look": (proposed(rehearsal="E1"), "rehearses nothing"),
    "rehearsal failed": (proposed(rehearsal="E3"), "rehearses nothing"),
    "another change rehearsed": (proposed(up="CREATE INDEX y ON bank.tx (id)"), "something else"),
    "another way back": (proposed(down="DROP INDEX y"), "way back"),
    "no way back": (proposed(down=""), "no way back"),
    "no change": (proposed(up=""), "changes nothing"),
    "gain not a time": (proposed(after="E2.up"), "not a time"),
    "gain in another unit": (proposed(after="E2.size_bytes"), "not in milliseconds"),
    "half a gain": (proposed(after=""), "both before and after"),
    "gain points nowhere": (proposed(before="E2.x_ms"), "points to nothing"),
    "figure in why": (proposed(why="3x"), "typed in"),
    "figure in a risk": (proposed(risks=("locks for 3 s",)), "typed in"),
    "figure in an option": (proposed(options=(Option(title="BRIN", weighed="90 % smaller"),)), "typed in"),
    "figure in an option's title": (proposed(options=(Option(title="90 % smaller", weighed="ok"),)), "typed in"),
    "handoff to itself": (edited(handoffs=(Handoff(role="architect", title="x", body="y"),)), "itself"),
    "figure in a handoff": (edited(handoffs=(Handoff(role="admin", title="x", body="saves 3 s"),)), "typed in"),
    "plan that is not there": (edited(plans=(PlanPair(title="x", before="E1.nope"),)), "points to nothing"),
    "schema that is not there": (edited(schema_evidence="E9"), "E9"),
    "looked at nothing": (edited(looked_at=("E9",)), "E9"),
    "figure in what is needed": (edited(not_checked=(NotChecked(code="dead-tuples", needs="wait 3 s"),)), "figure"),
    "no code of the catalogue": (edited(not_checked=(NotChecked(code="measure", needs="a copy"),)), "catalogue"),
    "figure in a limit": (edited(limits=("It was 3 s slower.",)), "typed in"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_wrong_part_refuses_the_reply(name: str, reply: Reply, evidence: Records) -> None:
    change, says = CHANGES[name]
    found_violations = violations(change(reply), evidence, ALL)
    assert found_violations
    assert any(says in each for each in found_violations), found_violations


def test_a_failed_rehearsal_proves_nothing(reply: Reply, evidence: Records) -> None:
    evidence["E2"] = evidence["E2"].model_copy(update={"status": Status.TIMEOUT})
    assert any("ended with timeout" in each for each in violations(reply, evidence, ALL))


def test_what_a_tool_said_word_for_word_is_evidence(reply: Reply, evidence: Records) -> None:
    said = Finding.model_validate(evidence["E4"].data["findings"][0]).model_copy(update={"evidence": ("E4",)})
    assert violations(reply.model_copy(update={"findings": (said,)}), evidence, ALL) == []
    changed = said.model_copy(update={"severity": Severity.CRITICAL})
    assert violations(reply.model_copy(update={"findings": (changed,)}), evidence, ALL)


def test_the_chain_of_handoffs_ends(reply: Reply, evidence: Records) -> None:
    wants = reply.model_copy(update={"handoffs": (Handoff(role="admin", title="Vacuum", body="Please look."),)})
    assert violations(wants, evidence, ALL, hops_left=1) == []
    assert violations(wants, evidence, ALL, hops_left=0)


def test_a_remedy_that_is_sql_may_hold_numbers(reply: Reply, evidence: Records, finding: Finding) -> None:
    tuned = finding.model_copy(update={"remedy": "ALTER SYSTEM SET random_page_cost = 1.1"})
    assert violations(reply.model_copy(update={"findings": (tuned,)}), evidence, ALL) == []


def test_a_rewrite_is_the_rehearsed_statement(evidence: Records, made: Callable[..., Evidence]) -> None:
    sql = "SELECT id FROM bank.tx ORDER BY id LIMIT 10"
    evidence["E5"] = made(5, "measure", {"up": sql, "before_ms": 5.0, "after_ms": 1.0})
    rewrite = Proposal(kind="rewrite", sql=sql, why="Reads less.", authority=Authority.FULL, rehearsal="E5")
    reply = Reply(role="architect", question=1, title="t", verdict="Rewrite it.", proposals=(rewrite,))
    assert violations(reply, evidence, ALL) == []
    other = reply.model_copy(update={"proposals": (rewrite.model_copy(update={"sql": sql + "0"}),)})
    assert violations(other, evidence, ALL)
