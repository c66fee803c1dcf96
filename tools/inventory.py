"""Every tool there is: a tool that is not named here does not exist."""

import importlib
from collections.abc import Iterator, Mapping
from typing import cast

from tools.tool import AnyTool

_MODULES = {
    "overview": "overview",
    "schema": "schema",
    "table_statistics": "table_statistics",
    "indexes": "indexes",
    "use_of": "use_of",
    "text_numbers": "text_numbers",
    "top_statements": "top_statements",
    "explain": "explain",
    "explain_analyze": "explain_analyze",
    "compare_plans": "compare_plans",
    "diagnose": "diagnose",
    "activity": "activity",
    "settings": "server_settings",
    "index_candidates": "index_candidates",
    "read_plan": "read_plan",
    "measure": "measure",
    "health": "health_tool",
    "rehearse": "rehearse",
    "restore_drill": "restore_drill",
    "pitr_drill": "pitr_drill",
    "replication": "replication",
    "pooling": "pooling",
    "capacity": "capacity",
}


class Inventory(Mapping[str, AnyTool]):
    """The tools by name. A tool's module is loaded when the tool is asked for: most cases need few of them."""

    def __getitem__(self, name: str) -> AnyTool:
        return cast("AnyTool", importlib.import_module(f"tools.postgres.{_MODULES[name]}").TOOL)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


TOOLS = Inventory()
