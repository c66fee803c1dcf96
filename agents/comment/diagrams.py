"""Mermaid, as GitHub draws it: the plan before and after, and the tables concerned with their relationships."""

import re
from collections.abc import Iterator
from textwrap import indent
from typing import Any

from agents.comment.text import visible
from agents.redaction import clean, clean_all
from tools.postgres.plans.mermaid import before_after, flowchart
from tools.postgres.plans.text import tree_text
from tools.postgres.plans.tree import Plan, plan_of

_TABLES = 12
_COLUMNS = 15
_WORD = re.compile(r"[^\w .:()→×µ%,/+-]")


def plans(before: Any, after: Any = None) -> str:
    """A flow chart of EXPLAIN's JSON, or of two beside each other; empty when it is none."""
    try:
        if after is None:
            return flowchart(_plan(before))
        return before_after(_plan(before), _plan(after))
    except (ValueError, KeyError, TypeError, AttributeError):  # not a plan, or cut off: there is nothing to draw
        return ""


def trees(before: Any, after: Any = None) -> str:
    """The same for a terminal: a line a node, indented; empty when it is none."""
    try:
        first = visible(tree_text(_plan(before)))
        if after is None:
            return first
        return f"before\n{indent(first, '  ')}\nafter\n{indent(visible(tree_text(_plan(after))), '  ')}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _plan(explained: Any) -> Plan:
    """Cleaned before labels are cut to length: half a secret is not recognised."""
    return plan_of(clean_all(explained))


def relationships(data: Any) -> str:
    """An ER diagram of the tables the schema tool was asked about, whole, and of those they refer to or are referred
    to by, with their keys; empty when there is no table in it."""
    asked = [each for each in (data or {}).get("tables", ()) if isinstance(each, dict) and each.get("name")][:_TABLES]
    near = {str(key.get("target")) for table in asked for key in table.get("foreign_keys", ())}
    near |= {str(name) for table in asked for name in table.get("referenced_by", ())}
    related = [each for each in (data or {}).get("related", ()) if isinstance(each, dict) and each.get("name") in near]
    tables = [*asked, *related][:_TABLES]
    if not tables:
        return ""
    names = {str(table["name"]) for table in tables}
    lines = ["erDiagram"]
    for table in tables:
        lines.append(f'  {_identifier(table["name"])}["{_label(table["name"])}"] {{')
        lines += [f"    {line}" for line in _columns(table) if table in asked or line.endswith(("PK", "FK"))]
        lines.append("  }")
    for table in tables:
        for key in table.get("foreign_keys", ()):
            if str(key.get("target")) in names:
                label = _label(", ".join(str(each) for each in key.get("columns", ())))
                lines.append(f'  {_identifier(key["target"])} ||--o{{ {_identifier(table["name"])} : "{label}"')
    return "\n".join(lines)


def _columns(table: dict[str, Any]) -> Iterator[str]:
    keys = {str(each) for each in table.get("primary_key", ())}
    foreign = {str(each) for key in table.get("foreign_keys", ()) for each in key.get("columns", ())}
    columns = sorted(table.get("columns", ()), key=lambda each: str(each.get("name")) not in keys | foreign)
    for column in columns[:_COLUMNS]:
        name = str(column.get("name"))
        marks = ", ".join(mark for mark, members in (("PK", keys), ("FK", foreign)) if name in members)
        yield f"{_identifier(column.get('type', 'unknown'))} {_identifier(name)} {marks}".rstrip()


def _identifier(text: object) -> str:
    word = re.sub(r"[^A-Za-z0-9_]+", "_", clean(str(text)).text[:400]).strip("_")[:60]
    return word if word[:1].isalpha() else f"t_{word}"


def _label(text: object) -> str:
    return " ".join(_WORD.sub("·", clean(str(text)).text[:400]).split())[:80]
