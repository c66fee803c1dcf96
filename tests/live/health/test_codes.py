"""Every code of the three health sections has a test that triggers it and one with a near miss, and says which."""

import re
from pathlib import Path

import pytest

from common.catalogue import CATALOGUE
from common.directories import ROOT

SECTIONS = (
    "PostgreSQL: schema and indexes",
    "PostgreSQL: running",
    "PostgreSQL: recovery, replication, security",
)
CASES = Path(__file__).parent / "cases"
README = ROOT / "tools" / "postgres" / "health" / "README.md"


def codes() -> set[str]:
    return {code for section in SECTIONS for code in CATALOGUE[section]}


def rows() -> dict[str, tuple[str, str]]:
    """README's table: code to the tests that trigger it and that nearly do."""
    found = {}
    for line in README.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0].startswith("`"):
            found[cells[0].strip("`")] = (cells[1], cells[2])
    return found


def test_every_code_has_both_cases_or_stands_in_the_table() -> None:
    planted = {folder.name for folder in CASES.iterdir()}
    assert all({"plant.sql", "healthy.sql"} <= {each.name for each in folder.iterdir()} for folder in CASES.iterdir())
    assert codes() == (planted & codes()) | (set(rows()) & codes())
    assert set(rows()) <= codes()


@pytest.mark.parametrize("code", sorted(rows()))
def test_the_tests_that_the_table_names_exist_and_name_the_code(code: str) -> None:
    for cell in rows()[code]:
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", cell)
        assert named, f"{code}: {cell}"
        for file, function in named:
            source = (ROOT / "tests" / file).read_text()
            assert re.search(rf"^(async )?def {function}\(", source, re.MULTILINE), f"{file} has no {function}"
            assert code in source or code.replace("-", "_") in source, f"{file} says nothing of {code}"
