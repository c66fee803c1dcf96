"""What a start waits for: the tracing service stays out, whatever the environment says, and light commands stay light."""

import os
import subprocess
import sys

import pytest

from common.directories import ROOT

HEAVY = ("jinja2", "langchain_core", "langgraph", "pglast", "psycopg", "rich.console", "sqlglot", "structlog")

GRAPH = """
import asyncio, sys
from agents.graph import graph
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from agents.checkpoint import Work

async def ask(state: Work) -> Work:
    return {"answered": interrupt("what?")}

graph()
flow = StateGraph(Work)
flow.add_node("ask", ask)
flow.add_edge(START, "ask")
flow.add_edge("ask", END)
made = flow.compile(checkpointer=InMemorySaver())
config = {"configurable": {"thread_id": "1"}}
assert asyncio.run(made.ainvoke({}, config))["__interrupt__"]
assert asyncio.run(made.ainvoke(Command(resume=[{"role": "admin"}]), config))["answered"] == [{"role": "admin"}]
print(*sorted(name for name, module in sys.modules.items()
    if name.startswith(("langsmith", "langgraph_sdk", "requests", "urllib3", "langchain_core.messages", "langchain_protocol"))
    and getattr(module, "__file__", None)))
"""


def python(script: str, **environment: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=os.environ | environment
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_nothing_is_traced_even_when_the_environment_asks_for_it():
    asked = {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_API_KEY": "not-a-key"}
    assert python(GRAPH, **asked) == []


def test_who_needs_requests_gets_the_real_one():
    script = "import agents.graph, requests; print(requests.Session.__name__, requests.HTTPError.__module__)"
    assert python(script) == ["Session", "requests.exceptions"]
    assert python("import requests, agents.graph; print(requests.HTTPError.__module__)") == ["requests.exceptions"]


def test_who_needs_the_first_pydantic_or_rich_gets_the_real_ones():
    script = "import agents.graph, structlog, pydantic.v1, rich.traceback; print(pydantic.v1.BaseModel.__module__, rich.__name__)"
    assert python(script) == ["pydantic.v1.main", "rich"]
    assert python(
        "import agents.graph, structlog, sys; print('pydantic.v1.main' in sys.modules, 'rich' in sys.modules)"
    ) == [
        "False",
        "False",
    ]


def test_without_the_stand_ins_the_client_would_be_loaded():
    script = "import langgraph.graph, sys; print('langsmith.client' in sys.modules)"
    assert python(script) == ["True"]


@pytest.mark.parametrize("command", ["--help", "demo --help", "consult --help", "cases --help", "world load --help"])
def test_help_of_a_command_loads_nothing_heavy(command):
    script = f"""
import sys
import typer
from agents.__main__ import app
try:
    typer.main.get_command(app)({command.split()!r}, prog_name="./p3", standalone_mode=False)
except SystemExit:
    pass
print()
print("loaded:", *sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    words = python(script)
    assert words[words.index("loaded:") + 1 :] == []
