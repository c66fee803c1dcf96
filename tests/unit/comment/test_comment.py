# ruff: noqa: E501
"""The comment: golden files, and what no text may do to it. DBCREW_GOLDEN=write writes the files anew."""

import cProfile
import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agents.comment import as_json, render
from agents.comment.render import LIMIT
from agents.comment.terminal import readable
from agents.comment.text import visible
from agents.reply import Proposal, Report
from common.directories import ROOT
from common.errors import UnbackedClaim

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("solved", "nothing", "two", "partial", "migration", "hostile", "long")
SCHEMA = json.loads((ROOT / "tests" / "schemas" / "consult.json").read_text(encoding="utf-8"))

Reports = dict[str, Callable[..., Report]]


@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str, reports: Reports) -> None:
    text = render(reports[name]())
    path = GOLDEN / f"{name}.md"
    if os.environ.get("DBCREW_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    unharmed(text)


@pytest.mark.parametrize("name", NAMES)
def test_json_is_as_the_contract_says(name: str, reports: Reports) -> None:
    report = reports[name]()
    value = as_json(report, render(report))
    jsonschema.validate(json.loads(json.dumps(value)), SCHEMA)
    assert list(value) == ["case", "comment", "findings", "proposals", "handoffs", "evidence", "status", "elapsed_s"]
    assert [each["id"] for each in value["evidence"]] == [each.id for each in report.evidence]


def unharmed(text: str) -> None:
    """What must hold of every comment, read as CommonMark reads it."""
    assert len(text) <= LIMIT
    assert len(text.encode()) <= LIMIT
    assert text.startswith("<!-- dbcrew:local#7 -->\n")
    assert len(re.findall(r"<!-+\s*dbcrew", text, re.I)) == 1
    depth = 0
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        assert token.type != "code_block"
        if token.type == "html_block":
            depth += token.content.count("<details>") - token.content.count("</details>")
            assert depth in (0, 1)
            rest = re.sub(
                r"</?details>|<summary>[^<>]*</summary>|<sub>|</sub>|<!-- dbcrew:[^>]* -->", "", token.content
            )
            assert "<" not in rest
            words(html.unescape(rest))
        for child in token.children or ():
            assert child.type not in ("image", "link_open")
            if child.type == "html_inline":
                assert child.content in ("<sub>", "</sub>")
            if child.type == "text":
                words(child.content)
    assert depth == 0


def words(text: str) -> None:
    """Text as GitHub's filters see it makes no link, mention or reference, save to the handed-over issues."""
    assert not re.search(r"@[\w-]|://|www\.|\bGH-\d", text, re.I)
    assert not re.search(r"#(?!5\b|12\b)\d", text)
    assert not re.search(r"(?:fix|clos|resolv)\w*:?\s+#\d", text, re.I)
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", text)


NASTY = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ["```", "~~~", "`", "``", "\n", "\n\n", "</details>", "<details>", "<!-- dbcrew:x -->", "@a", "#1", "fixes ", "&#64;b", "[", "](", ")", "!", "<img src=x>",
             "\\", "|", "http://e.x", "www.e.x", "    ", "# ", "---", "===", "> ", "- ", "1. ", "\u202e", "\x00", "\ud800", "*", "_", "$", "<", ">", "&", "<!--", "-->", "]: x", "[^1]: ", "sql", "a", " ", "\t"]
        ),
        max_size=20,
    ).map("".join),
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=NASTY)
def test_no_text_breaks_out(text: str, reports: Reports) -> None:
    unharmed(render(reports["hostile"](text)))


@pytest.mark.parametrize("piece", ["x", "`", "é", "𝔘", "<", "@a ", "a\n", "|"])
def test_no_text_makes_it_too_long(piece: str, reports: Reports) -> None:
    unharmed(render(reports["hostile"](piece * 5_000)))


def test_evidence_goes_first_when_it_is_too_long(reports: Reports) -> None:
    text = render(reports["long"]())
    assert "- E4 `explain`: ok, 6 ms; left out here" in text
    assert "column_9" in text
    for kept in ("cuts the wallet history", "CREATE INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY", "erDiagram"):
        assert kept in text


def test_many_of_everything_still_fits(reports: Reports) -> None:
    report = reports["solved"]()
    reply = report.replies[0]
    findings = tuple(reply.findings[0].model_copy(update={"object": f"bank.t{n}"}) for n in range(3_000))
    proposals = reply.proposals * 500
    text = render(
        report.model_copy(
            update={"replies": (reply.model_copy(update={"findings": findings, "proposals": proposals}),)}
        )
    )
    unharmed(text)
    assert "cuts the wallet history" in text


def test_secrets_do_not_reach_the_comment(reports: Reports) -> None:
    report = reports["hostile"](
        "x ann.lee@mail.example.org postgresql://a:hunter2zz@h/d ghp_abcdefghijklmnopqrstuvwxyz0123456789"
    )
    comment = render(report)
    for text in (comment, json.dumps(as_json(report, comment))):
        assert not re.search("ann.lee|hunter2zz|abcdefghijkl", text.replace("\\", ""))


def test_a_reference_to_nothing_is_refused(reports: Reports) -> None:
    report = reports["nothing"]()
    wrong = report.replies[0].model_copy(update={"verdict": "{E9.x}"})
    with pytest.raises(UnbackedClaim):
        render(report.model_copy(update={"replies": (wrong,)}))


def test_a_gain_that_is_no_time_is_refused(reports: Reports) -> None:
    report = reports["solved"]()
    wrong: Proposal = report.replies[0].proposals[0].model_copy(update={"after": "E3.up"})
    with pytest.raises(UnbackedClaim):
        render(report.model_copy(update={"replies": (report.replies[0].model_copy(update={"proposals": (wrong,)}),)}))


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_shows_no_html(name: str, reports: Reports) -> None:
    text = readable(render(reports[name]()), reports[name](), width=100, colour=False)
    assert "\x1b" not in text
    if name != "hostile":
        assert not re.search(r"</?(?:details|summary|sub)>|<!--|mermaid|flowchart|&#8203;", text)


@pytest.mark.parametrize("cut", range(60, 130, 3))
def test_a_secret_is_seen_before_a_label_is_cut(cut: int, reports: Reports) -> None:
    report = reports["hostile"]("x" * cut + " ann.lee@mail.example.org")
    assert "ann.le" not in render(report) + readable(render(report), report, width=100, colour=False)


def test_a_list_in_a_text_begins_no_code(reports: Reports) -> None:
    unharmed(render(reports["hostile"]("-     0")))
    unharmed(render(reports["hostile"]("1.\t\t`0`\n\n>      x")))
    unharmed(render(reports["hostile"]("- - - - -")))


@pytest.mark.parametrize("text", ["\ud800", "\x00", "(" * 50_000, "SELECT " + "1+" * 50_000])
def test_what_no_parser_takes_is_shown_as_words(text: str, reports: Reports) -> None:
    unharmed(render(reports["hostile"](text)))


def test_long_hostile_fields_are_read_once_each(reports: Reports) -> None:
    """The work grows with the length of the texts, not with its square: counted in calls, not in seconds."""
    calls = []
    for length in (10_000, 80_000):
        profile = cProfile.Profile()
        report = reports["hostile"](("@a #1 " * 20_000)[:length])
        profile.runcall(render, report)
        calls.append(sum(each.callcount for each in profile.getstats()))
    assert calls[1] < 12 * calls[0]
    assert calls[1] < 600_000


STATEMENTS = (
    "### Evidence\nSELECT 1\n---\nx", "SELECT 1\n```\n</details>\n### Evidence\n---\nSELECT 2", "````\n```\n`````",
    "\x1b[31mred\x1b]0;title\x07", "</details>\n<details><summary>E9</summary>\n```sql\nDROP", "|a|b|\n|---|---|\n|c|d|",
    "~~~\nSELECT 1\n~~~", "    SELECT 1\n\tx", "<!-- dbcrew:local#1 -->\nSELECT 1", "[bold]x[/bold] [x](http://y)", "\u202eSELECT",
    "x\n```mermaid\nflowchart\n```", "SELECT '<b>x</b><sub>y</sub>&#8203;'", "SELECT a\r\n### Evidence\r---",
)  # fmt: skip


@pytest.mark.parametrize("name", ["solved", "hostile"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_statements_stay_text_in_a_terminal(name: str, statement: str, reports: Reports) -> None:
    report = reports[name]()
    records = [
        record.model_copy(update={"statement": f"{statement}\nSELECT 'no {number}'"})
        for number, record in enumerate(report.evidence)
    ]
    report = report.model_copy(update={"evidence": tuple(records)})
    comment = render(report)
    for colour in (False, True):
        text = readable(comment, report, width=110, colour=colour, statements=True)
        text = re.sub(r"\x1b\[[\d;]*m", "", text)  # colours; links, titles and bells there are none
        assert not re.search(r"[\x07\x1b]", text)
        for line in (*visible(statement).split("\n"), *(f"SELECT 'no {number}'" for number in range(len(records)))):
            assert line.strip() in text
    assert "SELECT 'no 0'" not in readable(comment, report, width=110, colour=False)
