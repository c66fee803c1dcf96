"""A plan as a typed tree, from EXPLAIN (FORMAT JSON) of any version 14–18, measured or only estimated."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Raw = Mapping[str, Any]

_CONDITIONS = (
    "Filter", "Index Cond", "Recheck Cond", "Join Filter", "Hash Cond", "Merge Cond", "TID Cond", "One-Time Filter",
    "Order By", "Run Condition",
)  # fmt: skip
_GATHERS = ("Gather", "Gather Merge")


@dataclass(frozen=True)
class Node:
    """One node of a plan.

    Times are wall-clock milliseconds over all loops, with parallel processes counted once; rows are totals over all
    loops and processes. EXPLAIN prints rows per loop, rounded, so that a total of several loops is only known within
    `rows_off` rows on either side. `exclusive_ms` is the time spent in this node and not in those below it. Measured
    values are None when the plan was only estimated.
    """

    number: int
    depth: int
    kind: str
    raw: Raw
    children: tuple["Node", ...]
    loops: int | None = None
    rows: float | None = None
    rows_off: float = 0.0
    inclusive_ms: float | None = None
    exclusive_ms: float | None = None

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def table(self) -> str:
        """`schema.table` (the schema only where EXPLAIN was VERBOSE), or empty."""
        name = self.raw.get("Relation Name")
        if not name:
            return ""
        schema = self.raw.get("Schema")
        return f"{schema}.{name}" if schema else str(name)

    @property
    def alias(self) -> str:
        """The name the statement gives the relation, or empty."""
        return str(self.raw.get("Alias") or "")

    @property
    def index(self) -> str:
        """The index that is read, or empty."""
        return str(self.raw.get("Index Name") or "")

    @property
    def conditions(self) -> dict[str, str]:
        """Every condition by its name in EXPLAIN."""
        return {name: str(self.raw[name]) for name in _CONDITIONS if self.raw.get(name)}

    @property
    def cost(self) -> float:
        """The planner's total cost for one loop."""
        return float(self.raw.get("Total Cost", 0.0))

    @property
    def estimated_rows(self) -> float:
        """The planner's rows for one loop (of one process, below a Gather)."""
        return float(self.raw.get("Plan Rows", 0))

    @property
    def actual_rows(self) -> float | None:
        """Measured rows of one loop, comparable with the estimate."""
        return None if self.loops is None else float(self.raw.get("Actual Rows", 0))

    @property
    def known_rows(self) -> int:
        """`rows`, rounded where they are not known to the last."""
        rows = self.rows or 0.0
        if not self.rows_off or not rows:
            return round(rows)
        return int(round(rows, -max(0, min(math.ceil(math.log10(self.rows_off)), math.floor(math.log10(rows))))))

    @property
    def removed(self) -> float:
        """Rows read and thrown away by filters, over all loops."""
        names = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
        return sum(float(self.raw.get(name, 0)) for name in names) * (self.loops or 1)

    @property
    def misestimate(self) -> float | None:
        """How far off the estimate was, as a factor ≥ 1 (both sides at least one row), or None when not measured."""
        if not self.loops:
            return None
        estimated, actual = max(self.estimated_rows, 1.0), max(self.actual_rows or 0.0, 1.0)
        return max(estimated / actual, actual / estimated)

    def get(self, name: str, default: Any = None) -> Any:
        """A property of the node by its name in EXPLAIN."""
        return self.raw.get(name, default)


@dataclass(frozen=True)
class Trigger:
    """The time one trigger took, over all calls."""

    name: str
    table: str
    constraint: str
    calls: int
    ms: float


@dataclass(frozen=True)
class Plan:
    """A plan and what EXPLAIN says about the whole."""

    root: Node
    planning_ms: float | None = None
    execution_ms: float | None = None
    triggers: tuple[Trigger, ...] = ()
    jit_ms: float | None = None
    jit_functions: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    """False for a pasted plan that was cut off."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, parents first."""
        return tuple(self.root.walk())

    @property
    def measured(self) -> bool:
        """Whether the statement was run (ANALYZE)."""
        return self.root.loops is not None

    @property
    def cost(self) -> float:
        """The planner's total cost."""
        return self.root.cost

    @property
    def total_ms(self) -> float | None:
        """Execution time, or the root's time when the summary is missing; None when not measured."""
        return self.execution_ms if self.execution_ms is not None else self.root.inclusive_ms


def plan_of(explained: Any) -> Plan:
    """The plan in what EXPLAIN (FORMAT JSON) returned: the list, or its only element.

    Raises ValueError when there is no plan in it (EXPLAIN of a utility statement).
    """
    top = explained[0] if isinstance(explained, list) and explained else explained
    if not isinstance(top, dict) or not isinstance(top.get("Plan"), dict):
        raise ValueError("there is no plan in this")
    jit = top.get("JIT") or {}
    timing = (jit.get("Timing") or {}).get("Total")
    return Plan(
        root=_Reader(top["Plan"]).root(),
        planning_ms=_number(top.get("Planning Time")),
        execution_ms=_number(top.get("Execution Time")),
        triggers=tuple(_trigger(each) for each in top.get("Triggers", ())),
        jit_ms=_number(timing),
        jit_functions=int(jit.get("Functions", 0)),
        settings=dict(top.get("Settings") or {}),
        complete=not top.get("Cut Off", False),
    )


class _Reader:
    """Builds nodes from the raw tree, children first, so that exclusive times can be taken at once.

    What a CTE or an InitPlan took is part of the time of the node that reads it, not of the node it hangs below.
    """

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._count = 0
        self._wall: dict[int, float] = {}
        self._deferred: dict[str, float] = {}
        self._readers: dict[str, list[Raw]] = {}
        self._hundredths = any(isinstance(each.get("Actual Rows"), float) for each in _all(raw))
        self._time(raw, 1)
        for name in self._deferred:
            self._readers[name] = [each for each in _all(raw) if _reads(each, name)]

    def root(self) -> Node:
        return self._node(self._raw, 0, None)

    def _time(self, raw: Raw, processes: int) -> None:
        wall = _wall(raw, processes)
        if wall is not None:
            self._wall[id(raw)] = wall
            if raw.get("Parent Relationship") == "InitPlan":
                self._deferred[str(raw.get("Subplan Name"))] = wall
        below = _processes(raw, processes)
        for child in raw.get("Plans", ()):
            self._time(child, below)

    def _node(self, raw: Raw, depth: int, parent: Raw | None) -> Node:
        self._count = number = self._count + 1
        children = tuple(self._node(child, depth + 1, raw) for child in raw.get("Plans", ()))
        wall = self._wall.get(id(raw))
        loops = int(raw["Actual Loops"]) if "Actual Loops" in raw else None
        rows, off = self._rows(raw, loops or 0, parent)
        return Node(
            number=number,
            depth=depth,
            kind=str(raw.get("Node Type", "?")),
            raw=raw,
            children=children,
            loops=loops,
            rows=None if loops is None else rows,
            rows_off=off,
            inclusive_ms=wall,
            exclusive_ms=None if wall is None else max(0.0, wall - self._elsewhere(raw)),
        )

    def _rows(self, raw: Raw, loops: int, parent: Raw | None) -> tuple[float, float]:
        """Rows over all loops, and how far off that may be: PostgreSQL prints whole rows a loop, from 18 on hundredths.

        What a Gather takes from its processes it returns, so that its own rows (of one loop) say theirs exactly.
        """
        rows = float(raw.get("Actual Rows", 0)) * loops
        off = loops * (0.005 if self._hundredths else 0.5) if loops > 1 else 0.0
        if off and parent is not None and parent.get("Node Type") in _GATHERS and parent.get("Actual Loops") == 1:
            gathered = float(parent.get("Actual Rows", 0))
            if abs(gathered - rows) <= off:
                return gathered, 0.0
        return (float(round(rows)), 0.0) if off < 0.5 else (rows, off)

    def _elsewhere(self, raw: Raw) -> float:
        """The milliseconds inside this node's time that other nodes account for."""
        spent = 0.0
        for child in raw.get("Plans", ()):
            name = str(child.get("Subplan Name"))
            if child.get("Parent Relationship") != "InitPlan" or not self._readers.get(name):
                spent += self._wall.get(id(child), 0.0)
        for name, took in self._deferred.items():
            readers = self._readers[name]
            if any(each is raw for each in readers):
                everyone = sum(self._wall.get(id(each), 0.0) for each in readers)
                spent += took * self._wall.get(id(raw), 0.0) / everyone if everyone else 0.0
        return spent


def _all(raw: Raw) -> Iterator[Raw]:
    yield raw
    for child in raw.get("Plans", ()):
        yield from _all(child)


def _reads(raw: Raw, name: str) -> bool:
    """Whether the node reads the CTE or InitPlan of this name: `(InitPlan 1).col1` from 17 on, `$0` before."""
    if name.startswith("CTE "):
        return raw.get("Node Type") == "CTE Scan" and raw.get("CTE Name") == name[4:]
    text = " ".join(str(raw[key]) for key in _CONDITIONS if raw.get(key)) + " " + " ".join(raw.get("Output") or ())
    returned = re.search(r"returns ([^)]*)\)", name)
    if returned is None:
        return f"({name})." in text
    return any(re.search(re.escape(each.strip()) + r"(?!\d)", text) for each in returned[1].split(","))


def _processes(raw: Raw, processes: int) -> int:
    """How many processes run what is below this node: a Gather's workers and the leader."""
    if raw.get("Node Type") in _GATHERS:
        launched = raw.get("Workers Launched", raw.get("Workers Planned", 0))
        return int(launched) + (0 if raw.get("Single Copy") else 1)
    return processes


def _wall(raw: Raw, processes: int) -> float | None:
    """Milliseconds of wall-clock time of the node and all below it: time per loop × loops ÷ processes that looped."""
    if "Actual Total Time" not in raw:
        return None
    loops = int(raw.get("Actual Loops", 0))
    return float(raw["Actual Total Time"]) * loops / max(1, min(processes, loops))


def _trigger(raw: Raw) -> Trigger:
    return Trigger(
        name=str(raw.get("Trigger Name") or raw.get("Constraint Name") or ""),
        table=str(raw.get("Relation") or ""),
        constraint=str(raw.get("Constraint Name") or ""),
        calls=int(raw.get("Calls", 0)),
        ms=float(raw.get("Time", 0.0)),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
