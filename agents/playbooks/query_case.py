"""What is known of one statement while it is looked at."""

from dataclasses import dataclass

from agents.desk import Brief
from common.evidence import Evidence
from common.findings import Finding, Severity

_INVENTED = "no column to take a value from"
"""How the advisor names a value that stands for a parameter and comes from nowhere."""
_WORTH = 0.8
"""A change is proposed when the statement then takes at most this share of its time, or of its estimated cost."""


@dataclass
class QueryCase:
    """One statement, and the evidence of it so far."""

    brief: Brief
    sql: str
    explain: Evidence
    analyzed: Evidence | None = None
    diagnosis: Evidence | None = None
    candidates: Evidence | None = None
    measured: Evidence | None = None
    write: bool = False
    """It changes rows; `explain` and `analyzed` are then of the read that finds them."""
    asked: int = 0
    """How many of the changes that were tried, the first ones, were asked about."""
    part: bool = False
    """The copy, too, ran only the read that finds the rows."""

    @property
    def records(self) -> tuple[Evidence, ...]:
        """All evidence there is, in the order it came."""
        known = (self.explain, self.analyzed, self.diagnosis, self.candidates, self.measured)
        return tuple(one for one in known if one is not None)

    @property
    def ran(self) -> Evidence | None:
        """The run on the live server, when there was one."""
        return self.analyzed if self.analyzed is not None and self.analyzed.ok else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules found in the plan, worst first."""
        if self.diagnosis is None or not self.diagnosis.ok:
            return ()
        found = [Finding.model_validate(one) for one in self.diagnosis.data["findings"]]
        return tuple(one.model_copy(update={"evidence": (self.diagnosis.id,)}) for one in found)

    @property
    def worst(self) -> Finding | None:
        """The worst finding that is more than information."""
        return next((one for one in self.findings if one.severity is not Severity.INFO), None)

    @property
    def foreign(self) -> list[dict[str, str]]:
        """Each foreign table the plan reads: its name, and the statement that its server is sent (where EXPLAIN says)."""
        shown = self.ran or self.explain
        if not shown.ok:
            return []
        found = [node for node in _nodes(shown.data["plan"]["Plan"]) if node.get("Node Type") == "Foreign Scan"]
        return [
            {
                "table": f"{one.get('Schema', '')}.{one['Relation Name']}".strip("."),
                "sent": str(one.get("Remote SQL", "")),
            }
            for one in found
            if one.get("Relation Name")
        ]

    @property
    def sorts(self) -> bool:
        """Whether the plan sorts: no index hands the rows over in order."""
        shown = self.ran or self.explain
        return shown.ok and any("Sort" in str(one["Node Type"]) for one in _nodes(shown.data["plan"]["Plan"]))

    @property
    def only_foreign(self) -> bool:
        """Whether all that is read comes from other servers."""
        shown = self.ran or self.explain
        if not self.foreign or not shown.ok:
            return False
        return not any(
            "Relation Name" in node and node.get("Node Type") != "Foreign Scan"
            for node in _nodes(shown.data["plan"]["Plan"])
        )

    @property
    def invented(self) -> bool:
        """Whether the values that stand for its parameters come from nowhere, so that measuring it means nothing."""
        if self.candidates is None or not self.candidates.ok:
            return False
        sources = [one["source"] for one in self.candidates.data["values_used"] if one["source"] != "a usual page"]
        return bool(sources) and all(source == _INVENTED for source in sources)

    @property
    def doubted(self) -> bool:
        """Whether it ran on the copy, and its times there mean nothing."""
        return self.measured is not None and self.measured.ok and bool(self.measured.data["doubt"])

    @property
    def best(self) -> int | None:
        """The position of the change worth proposing, as it was measured."""
        if self.measured is None or not self.measured.ok:
            return None
        position = self.measured.data["best"]
        if position is None or self.measured.data["tried"][position]["after_share"] > _WORTH:
            return None
        return int(position)

    @property
    def estimated(self) -> tuple[int, int] | None:
        """Where times mean nothing: the index that is worth proposing by the live planner's estimate, by its position among
        those tried and among the candidates. None without HypoPG."""
        if not self.doubted or self.candidates is None or not self.candidates.ok:
            return None
        offered = self.candidates.data
        for number, one in enumerate(offered["candidates"]):
            cost = one["cost_after"]
            if not one["chosen"] or cost is None or cost > _WORTH * (offered["cost_before"] or 0.0):
                continue
            if (position := self._buildable(one["ddl"])) is not None:
                return position, number
        return None

    @property
    def read_on_copy(self) -> int | None:
        """The position of the first index that the planner of the copy reads and that can be undone."""
        return self._buildable("") if self.doubted else None

    def _buildable(self, ddl: str) -> int | None:
        """The position of the tried index with this text in it that was built, undone, and read where any was named."""
        assert self.measured is not None
        for position, one in enumerate(self.measured.data["tried"]):
            if ddl in one["up"] and not one["sql"] and one["restores"] and (ddl or one["used"]):
                return position
        return None


def _nodes(node: dict[str, object]) -> list[dict[str, object]]:
    below = node.get("Plans") or []
    assert isinstance(below, list)
    return [node, *(each for child in below for each in _nodes(child))]
