"""The house rules that a program can check: who may import whom, what may be caught, how long a file may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.directories import ROOT

PACKAGES = ("agents", "tools", "prompts", "common")
LONGEST = 300
VAGUE = {"utils", "util", "helpers", "helper", "misc", "base", "managers"}
HEAVY = {
    "alembic",
    "jinja2",
    "langchain_core",
    "langgraph",
    "pglast",
    "psycopg",
    "pydantic",
    "pydantic_settings",
    "sqlalchemy",
    "sqlglot",
    "structlog",
}
"""What `--help` must not wait for."""


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, wherever in it, relative ones resolved."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_point_down():
    wrong = []
    for path in sources():
        level = PACKAGES.index(path.relative_to(ROOT).parts[0])
        wrong += [f"{named(path)}: {name}" for name in imports(path) if name.split(".")[0] in PACKAGES[:level]]
    assert wrong == []


def tool_files() -> dict[str, Path]:
    """The modules of tools/postgres that declare a tool: dotted name to file."""
    found = {}
    for path in sorted((ROOT / "tools" / "postgres").glob("*.py")):
        if declares_tool(ast.parse(path.read_text(encoding="utf-8"))):
            found[f"tools.postgres.{path.stem}"] = path
    return found


def declares_tool(tree: ast.Module) -> bool:
    values = [node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value]
    return any(
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Tool" for value in values
    )


def test_no_tool_imports_another_tool():
    tools = tool_files()
    assert tools
    wrong = [
        f"{named(path)}: {name}"
        for own, path in tools.items()
        for name in imports(path)
        if name in tools and name != own
    ]
    assert wrong == []


def test_broad_excepts_live_in_two_places():
    wrong = []
    for path in sources():
        name = named(path)
        if name == "tools/runner.py" or name.startswith("agents/doors/"):
            continue
        wrong += [f"{name}:{line}" for line in broad_excepts(ast.parse(path.read_text(encoding="utf-8")))]
    assert wrong == []


def broad_excepts(tree: ast.Module) -> Iterator[int]:
    """Lines that catch everything and do not raise it again."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = any(
            each is None or (isinstance(each, ast.Name) and each.id in ("Exception", "BaseException"))
            for each in caught
        )
        if broad and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None):
            yield node.lineno


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("try: f()\nexcept Exception: pass", 1),
        ("try: f()\nexcept: pass", 1),
        ("try: f()\nexcept (OSError, BaseException): pass", 1),
        ("try: f()\nexcept OSError: pass", 0),
        ("try: f()\nexcept BaseException:\n  g()\n  raise", 0),
    ],
)
def test_the_check_for_broad_excepts_can_fail(source, found):
    assert len(list(broad_excepts(ast.parse(source)))) == found


def test_files_are_short():
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_names_say_what_is_inside():
    assert [named(path) for path in sources() if path.stem in VAGUE or path.parent.name in VAGUE] == []


def test_test_folders_do_not_shadow_packages():
    folders = [path for path in (ROOT / "tests").rglob("*") if path.is_dir()]
    assert [str(path) for path in folders if path.name in PACKAGES] == []


def test_help_imports_nothing_heavy():
    script = f"import sys, agents.__main__; print(*sorted({HEAVY!r} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ended.stdout.split() == []


def test_constraints_pin_versions_and_no_addresses():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert [line for line in pins if line.count("==") != 1 or any(mark in line for mark in "@/: ")] == []
