"""EXPLAIN's text format, line by line, into the shape of its JSON format."""

import re
from collections.abc import Sequence
from typing import Any

_COST = r"\(cost=(?P<startup>[\d.]+)\.\.(?P<total>[\d.]+) rows=(?P<rows>\d+) width=(?P<width>\d+)\)"
_ACTUAL = (
    r"\((?:actual (?:time=(?P<first>[\d.]+)\.\.(?P<last>[\d.]+) )?rows=(?P<arows>[\d.]+) loops=(?P<loops>\d+)"
    r"|(?P<never>never executed))\)"
)
_NODE = re.compile(
    rf"^(?P<indent>\s*)(?:(?P<arrow>->)\s+)?(?P<what>\S.*?)\s+(?:{_COST}(?:\s*{_ACTUAL})?|{_ACTUAL.replace('?P<', '?P<x')})"
)
_BELOW = re.compile(r"^(?P<indent>\s*)(?P<name>(?:InitPlan|SubPlan) \d+(?: \(returns [^)]*\))?|CTE \S.*)\s*$")
_PROPERTY = re.compile(r"^\s*(?P<name>[A-Z][A-Za-z0-9 /-]*?): (?P<value>.*)$")
_SCAN = re.compile(
    r"^(?P<kind>(?:Parallel )?(?:Async )?(?:Index Only Scan|Index Scan|Bitmap Heap Scan|Bitmap Index Scan|Seq Scan|"
    r"Sample Scan|Tid Scan|Tid Range Scan|Foreign Scan|Custom Scan|CTE Scan|Subquery Scan|Function Scan|Values Scan|"
    r"Table Function Scan|WorkTable Scan|Named Tuplestore Scan|Insert|Update|Delete|Merge))(?P<back> Backward)?"
    r"(?: using (?P<index>\"(?:[^\"]|\"\")+\"|\S+))?(?: on (?P<target>.+))?$"
)
_JOIN = re.compile(
    r"^(?P<kind>Hash|Merge|Nested Loop)(?: (?P<type>Left|Right|Full|Semi|Anti|Right Semi|Right Anti))? Join$|^Nested Loop$"
)
_AGGREGATE = re.compile(r"^(?:(?P<mode>Partial|Finalize) )?(?P<how>Hash|Group|Mixed)?Aggregate$")
_WHOLE = re.compile(r"[\d,]+$")


def tree_of(lines: Sequence[str]) -> dict[str, Any]:
    """The document EXPLAIN (FORMAT JSON) would have made, as far as the text says. Raises ValueError without a node."""
    top: dict[str, Any] = {}
    stack: list[tuple[int, dict[str, Any]]] = []
    pending: tuple[int, str] | None = None
    for line in unwrapped(lines):
        node = _NODE.match(line)
        if node:
            raw, indent = _node(node), len(node["indent"]) + (1 if node["arrow"] else 0)
            while stack and stack[-1][0] >= indent:
                stack.pop()
            if pending and (not stack or pending[0] > stack[-1][0] or True):
                raw["Subplan Name"] = pending[1]
                raw["Parent Relationship"] = "SubPlan" if pending[1].startswith("SubPlan") else "InitPlan"
            pending = None
            if stack:
                stack[-1][1].setdefault("Plans", []).append(raw)
            elif "Plan" not in top:
                top["Plan"] = raw
            else:
                top["Cut Off"] = True
                top["Plan"].setdefault("Plans", []).append(raw)
            stack.append((indent, raw))
            continue
        below = _BELOW.match(line)
        if below:
            pending = (len(below["indent"]), below["name"].strip())
            while stack and stack[-1][0] >= pending[0]:
                stack.pop()
        elif not _summary(line, top) and stack:
            found = _PROPERTY.match(line)
            if found:
                _property(stack[-1][1], found["name"].strip(), found["value"].strip())
    if "Plan" not in top:
        raise ValueError("no line of it is a plan node")
    if "Execution Time" not in top and "Actual Loops" in top["Plan"]:
        top["Cut Off"] = True
    return top


def unwrapped(lines: Sequence[str]) -> list[str]:
    """Lines joined again where a terminal broke them: a line that neither opens a node nor names a property goes on.

    Several lines of the same greatest length were cut there, words and all; others were broken between words.
    """
    lengths = [len(line) for line in lines]
    width = max(lengths, default=0)
    hard = lengths.count(width) > 1
    whole: list[str] = []
    full = False
    for line in lines:
        if not line.strip():
            continue
        if whole and (_unfinished(whole[-1]) or not _opens(line)):
            whole[-1] = whole[-1] + line if full else f"{whole[-1].rstrip()} {line.strip()}"
        else:
            whole.append(line)
        full = hard and len(line) == width
    return whole


def _opens(line: str) -> bool:
    return bool(
        "->" in line
        or _NODE.match(line)
        or _BELOW.match(line)
        or _PROPERTY.match(line)
        or line.strip() == "JIT:"
        or "(cost=" in line
    )


def _unfinished(line: str) -> bool:
    """Whether a line must go on: an open parenthesis, or a node whose figures have not come yet."""
    if line.count("(") > line.count(")") and len(line) < 2000:
        return True
    return "->" in line and not any(mark in line for mark in ("(cost=", "(actual", "(never"))


def _node(match: re.Match[str]) -> dict[str, Any]:
    raw = _described(match["what"])
    if match["total"]:
        raw["Startup Cost"], raw["Total Cost"] = float(match["startup"]), float(match["total"])
        raw["Plan Rows"], raw["Plan Width"] = int(match["rows"]), int(match["width"])
    given = {name: match[name] or match["x" + name] for name in ("first", "last", "arows", "loops", "never")}
    if given["loops"]:
        rows = given["arows"]  # in hundredths from 18 on, as in JSON
        raw["Actual Rows"], raw["Actual Loops"] = float(rows) if "." in rows else int(rows), int(given["loops"])
        if given["last"]:
            raw["Actual Startup Time"], raw["Actual Total Time"] = float(given["first"]), float(given["last"])
    elif given["never"]:
        raw["Actual Rows"], raw["Actual Loops"], raw["Actual Total Time"] = 0, 0, 0.0
    return raw


def _described(what: str) -> dict[str, Any]:
    """A node's first words, as properties."""
    scan, join, aggregate = _SCAN.match(what), _JOIN.match(what), _AGGREGATE.match(what)
    if scan:
        kind = scan["kind"].removeprefix("Parallel ").removeprefix("Async ")
        raw: dict[str, Any] = {"Node Type": kind, "Parallel Aware": scan["kind"].startswith("Parallel ")}
        if kind in ("Insert", "Update", "Delete", "Merge"):
            raw["Node Type"], raw["Operation"] = "ModifyTable", kind
        if scan["index"]:
            raw["Index Name"] = scan["index"].strip('"')
        if scan["back"]:
            raw["Scan Direction"] = "Backward"
        _target(raw, kind, scan["target"] or "")
        return raw
    if join:
        kind = join["kind"] or "Nested Loop"
        return {"Node Type": kind if kind == "Nested Loop" else f"{kind} Join", "Join Type": join["type"] or "Inner"}
    if aggregate:
        strategy = {"Hash": "Hashed", "Group": "Sorted", "Mixed": "Mixed"}.get(aggregate["how"] or "", "Plain")
        return {"Node Type": "Aggregate", "Strategy": strategy, "Partial Mode": aggregate["mode"] or "Simple"}
    return {"Node Type": what.removeprefix("Parallel "), "Parallel Aware": what.startswith("Parallel ")}


def _target(raw: dict[str, Any], kind: str, target: str) -> None:
    if not target:
        return
    name, _, alias = target.partition(" ")
    if kind == "Bitmap Index Scan":
        raw["Index Name"] = name.strip('"')
        return
    if kind == "CTE Scan":
        raw["CTE Name"], raw["Alias"] = name, alias or name
        return
    schema, _, table = name.rpartition(".")
    if kind not in ("Subquery Scan", "Function Scan", "Values Scan"):
        raw["Relation Name"] = table.strip('"')
        if schema:
            raw["Schema"] = schema.strip('"')
    raw["Alias"] = alias or table


def _property(raw: dict[str, Any], name: str, value: str) -> None:
    if name == "Sort Method":
        method, _, space = value.partition("  ")
        kind, _, size = space.strip().partition(": ")
        raw.update({"Sort Method": method, "Sort Space Type": kind, "Sort Space Used": _kilobytes(size)})
    elif name in ("Buckets", "Batches"):
        for part in re.split(r"\s{2,}", f"{name}: {value}"):
            key, _, number = part.partition(": ")
            number = number.split(" (")[0]
            key = {
                "Batches": "Hash Batches" if raw["Node Type"] == "Hash" else "HashAgg Batches",
                "Memory Usage": "Peak Memory Usage",
            }.get(key, key)
            raw[key] = _kilobytes(number)
    elif name == "Heap Blocks":
        for key, number in re.findall(r"(exact|lossy)=(\d+)", value):
            raw[f"{key.capitalize()} Heap Blocks"] = int(number)
    elif name == "Buffers":
        for kind, parts in re.findall(r"(shared|local|temp)((?: (?:hit|read|dirtied|written)=\d+)+)", value):
            for key, number in re.findall(r"(hit|read|dirtied|written)=(\d+)", parts):
                raw[f"{kind.capitalize()} {key.capitalize()} Blocks"] = int(number)
    elif name in ("Sort Key", "Group Key", "Presorted Key", "Output"):
        raw[name] = value.split(", ")
    else:
        raw[name] = int(value.replace(",", "")) if _WHOLE.match(value) else value


def _summary(line: str, top: dict[str, Any]) -> bool:
    """Whether a line is about the whole plan."""
    text = line.strip()
    time = re.match(r"(Planning Time|Planning time|Execution Time|Execution time|Total runtime): ([\d.]+) ms", text)
    if time:
        top["Planning Time" if time[1].startswith("Plan") else "Execution Time"] = float(time[2])
        return True
    trigger = re.match(
        r"Trigger (?:for constraint (?P<fk>\S+)|(?P<name>[^:]+?))(?: on (?P<on>[^:]+))?: "
        r"time=(?P<ms>[\d.]+) calls=(?P<calls>\d+)",
        text,
    )
    if trigger:
        found = {
            "Trigger Name": trigger["fk"] or trigger["name"],
            "Relation": trigger["on"],
            "Constraint Name": trigger["fk"],
        }
        top.setdefault("Triggers", []).append({**found, "Time": float(trigger["ms"]), "Calls": int(trigger["calls"])})
        return True
    if text == "JIT:":
        top["JIT"] = {}
        return True
    if "JIT" in top:
        functions, total = re.match(r"Functions: (\d+)", text), re.search(r"Total ([\d.]+) ms", text)
        if functions:
            top["JIT"]["Functions"] = int(functions[1])
        if text.startswith("Timing:") and total:
            top["JIT"]["Timing"] = {"Total": float(total[1])}
        return bool(functions or text.startswith(("Timing:", "Options:")))
    return False


def _kilobytes(text: str) -> int:
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else 0
