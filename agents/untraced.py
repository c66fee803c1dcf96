"""LangGraph without LangSmith, the tracing service that LangChain's callbacks are tied to.

With `LANGSMITH_TRACING` in the environment they would send what every node was given and gave back to that service: what
the team reads must not leave this way. And its client is loaded whether it is wanted or not, which takes longer than
all the rest of LangGraph. So its modules are answered with stand-ins that say that nothing is traced; a name that they
do not have is an ImportError, as it would be of a LangSmith that is too old.
"""

import sys
from collections import defaultdict
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_PACKAGE = "langsmith"


class _Unused:
    """In the place of what only a trace would need."""


class LangSmithError(Exception):
    """Never raised: nothing is sent."""


def _context() -> defaultdict[str, Any]:
    """The tracing context: no parent, no metadata, no tags."""
    return defaultdict(lambda: None)


_NAMES = {
    "AgentAddress": _Unused,
    "Client": _Unused,
    "LangSmithError": LangSmithError,
    "RunTree": _Unused,
    "_set_tracing_context": lambda context: None,
    "get_current_run_tree": lambda: None,
    "get_tracing_context": _context,
    "tracing_is_enabled": lambda: False,
}


class _StandIn(MetaPathFinder, Loader):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        wanted = name == _PACKAGE or name.startswith(f"{_PACKAGE}.")
        return ModuleSpec(name, self, is_package=True) if wanted else None

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(_NAMES)


def leave_out_tracing() -> None:
    """From here on `import langsmith` brings the stand-ins; nothing changes where it was imported before."""
    if _PACKAGE not in sys.modules and not any(isinstance(each, _StandIn) for each in sys.meta_path):
        sys.meta_path.insert(0, _StandIn())
