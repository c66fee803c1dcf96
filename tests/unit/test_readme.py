"""README says what is: its commands parse, its settings, links and tables are those of the code."""

import json
import re
import shlex

import pytest
import typer

from agents.__main__ import app
from agents.commands import COMMANDS
from agents.machine import LATER
from common.config.settings import Settings
from common.directories import ROOT

README = (ROOT / "README.md").read_text()
OUTSIDE_SETTINGS = {"DBCREW_LIVE_DSN", "DBCREW_BUILD_DATA", "DBCREW_PYTHON", "DBCREW_ENGINE_ACCOUNT"}


def commands():
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL):
        for line in block.splitlines():
            inner = re.search(r"\$\((.*)\)", line)
            for part in (inner[1] if inner else line).split(" | "):
                if part.startswith("./p3 "):
                    yield part


def rows(heading: str):
    """The cells of the first table below a heading, without its head."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def leaf(words):
    command, path = typer.main.get_command(app), []
    while words and hasattr(command, "commands"):
        if words[0].startswith("-"):
            words = words[1:]
            continue
        path.append(words[0])
        command, words = command.commands[words[0]], words[1:]
    return command, path, words


@pytest.mark.parametrize("line", list(commands()))
def test_every_command_line_parses(line):
    command, path, words = leaf(shlex.split(line)[1:])
    if path == ["test"]:
        assert all((ROOT / word).exists() for word in words)
    else:
        command.make_context(" ".join(path), words)


def test_the_first_commands_are_the_two_that_matter():
    assert list(commands())[:2] == ["./p3 demo", "./p3 test"]


def test_the_table_of_commands_is_complete():
    listed = {row[0].strip("`").split()[0] for row in rows("Commands")}
    assert listed == set(COMMANDS)


def test_options_in_the_table_exist():
    for name, *_ in rows("Commands"):
        words = name.strip("`").replace("\\|", " ").split()
        command, _, _ = leaf(
            [words[0], *(["load"] if words[0] == "world" else ["verify"] if words[0] == "audit" else [])]
        )
        known = {
            option
            for each in getattr(command, "commands", {"": command}).values()
            for p in each.params
            for option in p.opts
        }
        assert set(re.findall(r"--[a-z]+", name)) <= known, name


def test_names_in_the_table_are_those_of_the_schemas():
    for _, _, described in rows("Commands"):
        linked = re.match(r"\[[a-z-]+\]\((tests/schemas/[a-z-]+\.json)\): (.*)", described)
        if linked:
            schema = json.loads((ROOT / linked[1]).read_text())
            names = re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", linked[2]))
            assert set(names) == set((schema.get("items") or schema)["properties"]), linked[1]


def test_settings_and_their_defaults():
    listed = {row[0].strip("`"): row[1] for row in rows("Settings")}
    expected = {f"DBCREW_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    assert listed.keys() == expected.keys()
    for name, default in expected.items():
        assert listed[name] == (f"{default:g}" if isinstance(default, float) else str(default)), name


def test_every_variable_named_is_read():
    known = {f"DBCREW_{name.upper()}" for name in Settings.model_fields} | OUTSIDE_SETTINGS
    assert set(re.findall(r"DBCREW_[A-Z_]+", README)) == known
    sources = [ROOT / "p3", *(file for top in ("agents", "common") for file in (ROOT / top).rglob("*.py"))]
    read = "\n".join(file.read_text() for file in sources)
    assert all(name in read for name in OUTSIDE_SETTINGS)


@pytest.mark.parametrize("file", ["README.md", "tests/README.md", "tools/worlds/README.md"])
def test_every_link_leads_somewhere(file):
    page = ROOT / file
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    assert [each for each in targets if not (page.parent / each).exists()] == []


def test_the_coverage_table_says_what_the_code_can():
    table = {row[0]: row[1] for row in rows("Versions and engines")}
    works = {name.lower() for name, state in table.items() if state == "works"}
    rooms = {each.name for each in (ROOT / "tools").iterdir() if (each / "__init__.py").exists()} - {"worlds"}
    assert works == {"postgresql"}
    assert rooms == {"postgres"}
    assert all(table[name].startswith("not yet") for name, _ in LATER)


def test_files_named_where_things_are_added_are_in_folders_that_exist():
    named = [re.match(r"`([a-z/]+)/[A-Z]+\.py`", row[1]) for row in rows("The house")]
    folders = [each[1] for each in named if each]
    assert len(folders) == 9
    assert [each for each in folders if not (ROOT / each).is_dir()] == []
