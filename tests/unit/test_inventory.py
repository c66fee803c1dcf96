"""The list of tools, the files of tools and what the roles may use agree."""

from agents.roles import ROLES
from common.directories import ROOT
from tools.inventory import TOOLS


def test_every_tool_is_found_by_its_own_name():
    assert {name: tool.name for name, tool in TOOLS.items()} == {name: name for name in TOOLS}


def test_every_file_of_a_tool_is_listed():
    files = {path.stem for path in (ROOT / "tools" / "postgres").glob("*.py") if "\nTOOL = " in path.read_text()}
    assert files == {tool.run.__module__.rpartition(".")[2] for tool in TOOLS.values()}


def test_roles_have_only_tools_that_exist():
    assert {name for role in ROLES.values() for name in role.tools} <= set(TOOLS)
