"""The comment for a terminal: the same words without HTML."""

import html
import io
import re

_COMMENT = re.compile(r"<!--.*?-->\n?", re.S)
_SUMMARY = re.compile(r"<details>\s*<summary>(.*?)</summary>", re.S)
_DETAILS = re.compile(r"^</?details>\n?", re.M)
_DIAGRAM = re.compile(r"^(`{3,})mermaid\n.*?^\1[ \t]*\n?", re.M | re.S)
_TAGS = re.compile(r"</?(?:b|sub|br)/?>")


def readable(markdown: str, width: int | None = None, colour: bool | None = None) -> str:
    """`markdown` laid out for a terminal. Diagrams are left out: they are drawn on GitHub only.

    `width` in columns and `colour` are those of the terminal when not given; without a terminal, no colour.
    """
    from rich.console import Console
    from rich.markdown import Markdown

    text = _DIAGRAM.sub("", _COMMENT.sub("", markdown, count=1))
    text = _SUMMARY.sub(lambda match: f"**{html.unescape(_TAGS.sub('', match.group(1)))}**", text)
    text = _TAGS.sub("", _DETAILS.sub("", text)).replace("&#8203;", "")
    out = io.StringIO()
    terminal = Console() if width is None else Console(width=width)
    coloured = terminal.is_terminal if colour is None else colour
    Console(file=out, width=min(terminal.width, 110), force_terminal=coloured, no_color=not coloured).print(
        Markdown(text)
    )
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n")
