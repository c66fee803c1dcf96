"""The comment for a terminal: the same words without HTML, plans as trees, each piece of evidence in one line."""

import html
import io
import re
from collections.abc import Iterator
from itertools import takewhile

from agents.comment import diagrams
from agents.comment.text import fence, plain, visible
from agents.reply import Report, look_up
from common.figures import show

_WIDEST = 110
_COMMENT = re.compile(r"<!--.*?-->\n?", re.S)
_SUMMARY = re.compile(r"<details>\s*<summary>(.*?)</summary>\s*$")
_TAGS = re.compile(r"</?(?:b|sub|br)/?>")
_FENCE = re.compile(r"(`{3,})(\w*)[ \t]*$")
_BLOCK = re.compile(r"^(`{3,})\w*\n(.*?^\1$)", re.M | re.S)
_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|[-:| ]+\|$")


def readable(
    markdown: str, report: Report, width: int | None = None, colour: bool | None = None, statements: bool = False
) -> str:
    """The comment `markdown` of `report` laid out for a terminal; its evidence with what was sent to the engines or without.

    `width` in columns and `colour` are those of the terminal when not given; without a terminal, no colour.
    """
    from rich.console import Console
    from rich.markdown import Markdown

    terminal = Console() if width is None else Console(width=width)
    coloured = terminal.is_terminal if colour is None else colour
    columns = min(terminal.width, _WIDEST)
    text = "\n".join(_tables(_simpler(_COMMENT.sub("", markdown, count=1), report, statements), columns))
    if not coloured:  # nothing to highlight: the lexers need not be loaded
        text = _BLOCK.sub(
            lambda block: f"{block[1]}text\n{block[2]}" if block[0].startswith(f"{block[1]}sql") else block[0], text
        )
    out = io.StringIO()
    Console(file=out, width=columns, force_terminal=coloured, no_color=not coloured).print(Markdown(text))
    lines = "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n")
    return re.sub(r"\n{3,}", "\n\n", lines)


def _simpler(markdown: str, report: Report, statements: bool) -> Iterator[str]:
    """The lines that stay: no tags, trees in place of drawings, one line for each piece of evidence unless its
    statements are wanted."""
    lines = iter(markdown.split("\n"))
    drawings = iter(list(_trees(report)))
    waiting: list[str] = []
    evidence = False
    for line in lines:
        opened = _FENCE.match(line)
        block = list(takewhile(lambda each: each != opened[1], lines)) if opened else []  # noqa: B023
        if not opened and (line.startswith("### ") or line == "---"):
            evidence = line == "### Evidence" and not statements
            if evidence:
                yield from _evidence(report)
        if evidence:
            continue
        if summary := None if opened else _SUMMARY.match(line):
            words = plain(html.unescape(_TAGS.sub("", summary[1]).replace("&#8203;", "")))
            waiting = ["", f"**{words.replace('&#8203;', '')}**", ""]
        elif opened:
            if opened[2] != "mermaid":
                yield from (*waiting, line, *block, opened[1])
            elif waiting and waiting[1].startswith("**Plan"):
                yield from (*waiting, *fence(next(drawings, ""), "text").split("\n"))
            waiting = []
        elif line != "</details>":
            if line.strip():
                yield from waiting
                waiting = []
            yield _TAGS.sub("", line).replace("&#8203;", "")
        else:
            waiting = []


def _trees(report: Report) -> Iterator[str]:
    evidence = {record.id: record for record in report.evidence}
    for reply in report.replies:
        for pair in reply.plans:
            after = look_up(pair.after, evidence) if pair.after else None
            if tree := diagrams.trees(look_up(pair.before, evidence), after):
                yield tree


def _evidence(report: Report) -> Iterator[str]:
    yield from ("### Evidence", "", "```text")
    longest = max((len(visible(record.tool)) for record in report.evidence), default=0)
    for record in report.evidence:
        yield f"{record.id:<4} {visible(record.tool):<{longest}}  {record.status.value:<8} {show('ms', record.ms)}"
    yield from ("```", "", f"With every statement: `./p3 cases {report.case}`", "")


def _tables(lines: Iterator[str], width: int) -> Iterator[str]:
    """Tables that fit stay; the rows of wider ones become the entries of a list."""
    table: list[str] = []
    closing = ""
    for line in lines:
        if not closing and line.startswith("|"):
            table.append(line)
            continue
        yield from _table(table, width)
        table = []
        if opened := _FENCE.match(line):
            closing = "" if line == closing else closing or opened[1]
        yield line
    yield from _table(table, width)


def _table(table: list[str], width: int) -> Iterator[str]:
    rows = [[cell.strip() for cell in _CELLS.split(line)[1:-1]] for line in table if not _RULE.match(line)]
    widest = [max(map(len, column)) for column in zip(*rows, strict=False)]
    if sum(widest) + 2 * len(widest) <= width:
        yield from table
    else:
        yield from (f"- {' · '.join(filter(None, row))}" for row in rows[1:])
