"""LangGraph without the libraries that it imports and that the team never calls.

LangSmith is the tracing service that LangChain's callbacks are tied to. With `LANGSMITH_TRACING` in the environment they
would send what every node was given and gave back to that service: what the team reads must not leave this way. It and
the client of LangGraph's own server are loaded whether they are wanted or not, and so is requests, for the sake of one
function that nobody calls here, and the first Pydantic, which none of our models is written for: together that takes
longer than all the rest of LangGraph. So their modules are answered with stand-ins; a name that these do not have is an
ImportError, as it would be of a library that is too old. Those for one importer alone are gone when the next module is
loaded: who needs requests gets the real one. structlog loads rich where it is there, for a display that our log has not:
to it alone rich is missing.

Nor does the team speak LangChain's own language of chat messages: their many models are made when they are loaded, for
streams of events and for stored objects that our graph has none of.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast


class _Unused:
    """In the place of what only a trace or a remote graph would need."""


class _NeverRaisedError(Exception):
    """In the place of an error of a library that is not called."""


class _Unread:
    """In the place of what makes LangChain's objects of JSON: everything stays what it is."""

    def __init__(self, allowed_objects: str) -> None:
        """Whichever; none is made."""

    def __call__(self, value: Any) -> Any:
        return value


def _context() -> defaultdict[str, Any]:
    """The tracing context: no parent, no metadata, no tags."""
    return defaultdict(lambda: None)


_MESSAGES = (
    "AIMessage", "AIMessageChunk", "AnyMessage", "BaseMessage", "BaseMessageChunk", "MessageLikeRepresentation",
    "RemoveMessage", "ToolMessage", "ToolOutputMixin", "convert_to_messages", "get_buffer_string", "message_chunk_to_message",
)  # fmt: skip
_NAMES: Mapping[str, Mapping[str, Any]] = {
    "langsmith": {
        "AgentAddress": _Unused,
        "Client": _Unused,
        "LangSmithError": _NeverRaisedError,
        "RunTree": _Unused,
        "_set_tracing_context": lambda context: None,
        "get_current_run_tree": lambda: None,
        "get_tracing_context": _context,
        "tracing_is_enabled": lambda: False,
    },
    "langgraph_sdk": {"BaseUser": _Unused},
    "langchain_core.language_models": dict.fromkeys(
        ("AsyncChatModelStream", "ChatModelStream", "message_to_events"), _Unused
    ),
    "langchain_core.load.load": {"Reviver": _Unread},
    "langchain_core.messages": dict.fromkeys(_MESSAGES, _Unused),
    "langchain_core.outputs": dict.fromkeys(("ChatGeneration", "ChatGenerationChunk", "LLMResult"), _Unused),
    "langchain_core.tracers.event_stream": dict.fromkeys(
        ("_astream_events_implementation_v1", "_astream_events_implementation_v2"), _Unused
    ),
    "langchain_core.tracers.langchain": {"LangChainTracer": _Unused},
    "langchain_core.tracers.log_stream": dict.fromkeys(
        ("LogStreamCallbackHandler", "_astream_log_implementation"), _Unused
    ),
    "langchain_protocol": dict.fromkeys(("LifecycleCause", "MessagesData"), _Unused),
    "requests": {"HTTPError": _NeverRaisedError, "Response": _Unused},
    "pydantic.v1": {"BaseModel": _Unused, "create_model": None},
}
_LIBRARIES = frozenset(name.partition(".")[0] for name in _NAMES)
_FOR_ONE = {"requests": "langchain_core.utils.utils", "pydantic.v1": "langchain_core.utils.pydantic"}
"""Library: the only module that its stand-in is for."""
_MISSING = {"rich": ("structlog.dev", "structlog.tracebacks")}
"""Library: the modules that go without it."""


class _StandIn:
    """A finder and its loader; importlib's own base classes would load a dozen modules more."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if any(_being_loaded(each) for each in _MISSING.get(name, ())):
            raise ModuleNotFoundError(f"{name} is not wanted here", name=name)
        for each, importer in _FOR_ONE.items():
            if not _being_loaded(importer) and isinstance(_loader(sys.modules.get(each)), _StandIn):
                del sys.modules[each]
        known = _known(name)
        if known is None or (known in _FOR_ONE and not _being_loaded(_FOR_ONE[known])):
            return None
        return ModuleSpec(name, cast("Any", self), is_package=True)

    def create_module(self, spec: ModuleSpec) -> None:
        """An ordinary module will do."""

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(_NAMES[str(_known(module.__name__))])


def _known(name: str) -> str | None:
    if name.partition(".")[0] not in _LIBRARIES:
        return None
    return next((each for each in _NAMES if name == each or name.startswith(f"{each}.")), None)


def _being_loaded(name: str) -> bool:
    return bool(getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False))


def _loader(module: ModuleType | None) -> object:
    return getattr(getattr(module, "__spec__", None), "loader", None)


def leave_out_unused() -> None:
    """From here on imports of these libraries bring the stand-ins; nothing changes where one was imported before.

    Pydantic looks through everything that is installed for plugins, which would be shown what the team reads: none is.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if not any(isinstance(each, _StandIn) for each in sys.meta_path):
        sys.meta_path.insert(0, _StandIn())
