"""One statement of a workload, read and filled with values."""

from dataclasses import dataclass, field

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Query
from tools.postgres.advise.values import Filled, Used
from tools.postgres.advise.workload import Item
from tools.postgres.plans.statement import Statement


@dataclass
class Case:
    """One statement of the workload, ready to be costed. `fills` holds it with each set of values, at least one."""

    number: int
    item: Item
    statement: Statement
    fills: list[Filled]
    candidates: list[Candidate] = field(default_factory=list)
    pace: float = 1.0
    """Milliseconds of one unit of its cost, as measured on the copy."""

    @property
    def query(self) -> Query:
        """The statement as the search costs it."""
        first, *others = (each.sql for each in self.fills)
        joins = len(self.statement.relations) > 1
        return Query(self.number, first, self.item.weight, tuple(others), self.pace, self.item.total_ms, joins)

    @property
    def values(self) -> list[Used]:
        """Every value that stands for a parameter, each once."""
        return list(dict.fromkeys(used for each in self.fills for used in each.values))
