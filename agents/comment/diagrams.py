"""Mermaid, as GitHub draws it: the plan before and after, and the tables concerned with their relationships."""

import re
from collections.abc import Iterator
from typing import Any

from agents.redaction import clean
from common.figures import show

_TABLES = 12
_COLUMNS = 15
_NODES = 30
_WORD = re.compile(r"[^\w .:()→×µ%,/+-]")


def plan(data: Any, prefix: str = "n") -> str:
    """A flow chart of plan JSON (EXPLAIN's, or its `Plan`); empty when it is none."""
    if isinstance(data, list) and data:
        data = data[0]
    root = data.get("Plan", data) if isinstance(data, dict) else None
    if not isinstance(root, dict) or "Node Type" not in root:
        return ""
    lines = ["flowchart BT"]
    waiting: list[tuple[dict[str, Any], int | None]] = [(root, None)]
    number = 0
    while waiting and number < _NODES:
        node, parent = waiting.pop(0)
        lines.append(f'  {prefix}{number}["{"<br/>".join(_plan_label(node))}"]')
        if parent is not None:
            lines.append(f"  {prefix}{number} --> {prefix}{parent}")
        waiting += [(each, number) for each in node.get("Plans", ()) if isinstance(each, dict)]
        number += 1
    if waiting:
        lines.append(f'  more["{len(waiting)} more nodes"]')
    return "\n".join(lines)


def relationships(data: Any) -> str:
    """An ER diagram of what the schema tool brought back; empty when there is no table in it."""
    tables = [each for each in (data or {}).get("tables", ()) if isinstance(each, dict) and each.get("name")]
    tables += [each for each in (data or {}).get("related", ()) if isinstance(each, dict) and each.get("name")]
    tables = tables[:_TABLES]
    if not tables:
        return ""
    names = {str(table["name"]) for table in tables}
    lines = ["erDiagram"]
    for table in tables:
        lines.append(f'  {_identifier(table["name"])}["{_label(table["name"])}"] {{')
        lines += [f"    {line}" for line in _columns(table)]
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


def _plan_label(node: dict[str, Any]) -> Iterator[str]:
    yield _label(node["Node Type"])
    target = node.get("Index Name") or node.get("Relation Name") or node.get("CTE Name")
    if target:
        yield _label(target)
    loops = node.get("Actual Loops") or 1
    if isinstance(node.get("Actual Total Time"), (int, float)):
        yield show("time_ms", node["Actual Total Time"] * loops)
    if isinstance(node.get("Actual Rows"), (int, float)):
        yield f"{show('rows', round(node['Actual Rows'] * loops))} rows"
    elif isinstance(node.get("Plan Rows"), (int, float)):
        yield f"about {show('rows', node['Plan Rows'])} rows"


def _identifier(text: object) -> str:
    word = re.sub(r"[^A-Za-z0-9_]+", "_", clean(str(text)).text).strip("_")[:60]
    return word if word[:1].isalpha() else f"t_{word}"


def _label(text: object) -> str:
    return " ".join(_WORD.sub("·", clean(str(text)).text).split())[:80]
