"""What a role is."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.reply import Authority, Kind

LOOKING = frozenset(
    {
        "overview",
        "schema",
        "table_statistics",
        "indexes",
        "use_of",
        "text_numbers",
        "top_statements",
        "explain",
        "explain_analyze",
        "compare_plans",
        "diagnose",
        "read_plan",
        "activity",
        "settings",
        "health",
        "replication",
        "pooling",
        "capacity",
        "restore_drill",
        "pitr_drill",
    }
)
"""The tools that only look at the live server (drills write to a throwaway one); every role may use them."""


@dataclass(frozen=True)
class Role:
    """One member of the team.

    `labels` are those that call it; `tools` the names of the tools it may use; `authority` says, for each kind of
    change, who decides. A kind that is not listed lies outside the role: it must hand that over.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    tools: frozenset[str]
    authority: Mapping[Kind, Authority]
