"""What a plan rule looks at: the plan, and what is known besides."""

from dataclasses import dataclass, field

from tools.postgres.plans.schema import Schema, Table
from tools.postgres.plans.statement import Relation, Statement
from tools.postgres.plans.tree import Node, Plan

LARGE_ROWS = 10_000
"""A table with fewer rows is read whole in a few milliseconds."""


@dataclass(frozen=True)
class Calls:
    """How a statement is called, from pg_stat_statements."""

    calls: int
    mean_ms: float
    rows: int


@dataclass(frozen=True)
class Look:
    """A plan with its statement and schema. Without these (a pasted plan) the rules that need them say nothing."""

    plan: Plan | None
    statement: Statement | None = None
    schema: Schema = field(default_factory=Schema)
    calls: Calls | None = None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The plan's nodes, parents first."""
        return self.plan.nodes if self.plan else ()

    def table(self, node: Node) -> Table | None:
        """The table a node reads."""
        return self.schema.table(node.table) if node.table else None

    def name(self, node: Node) -> str:
        """schema.table of the table a node reads, as far as it is known."""
        found = self.table(node)
        return found.qualified if found else node.table

    def relation(self, node: Node) -> Relation | None:
        """The mention in the statement that a node reads."""
        if self.statement is None:
            return None
        mine = [each for each in self.statement.relations if each.alias == node.alias]
        return mine[0] if len(mine) == 1 else self.statement.relation(node.table)

    def node_of(self, relation: Relation) -> Node | None:
        """The first scan of a relation of the statement."""
        names = (relation.alias, relation.table.name)
        scans = [node for node in self.nodes if node.table and node.alias in names]
        return scans[0] if scans else None

    def share(self, node: Node) -> float | None:
        """The node's own time as a share of the whole (0..1), or None when not measured."""
        total = self.plan.total_ms if self.plan else None
        return None if not total or node.exclusive_ms is None else min(1.0, node.exclusive_ms / total)

    def read_rows(self, node: Node) -> float:
        """Rows a scan reads in all: measured, else the table's."""
        if node.loops is not None:
            return (node.rows or 0.0) + node.removed
        found = self.table(node)
        return found.rows if found else node.estimated_rows

    def kept_share(self, node: Node) -> float:
        """The share of the rows read that a scan keeps (0..1)."""
        read = self.read_rows(node)
        kept = node.rows if node.rows is not None else node.estimated_rows
        return min(1.0, kept / read) if read else 1.0
