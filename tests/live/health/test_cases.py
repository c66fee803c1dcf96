"""Each code: a planted case that must be found, and nothing else, and a near miss that must not."""

import re
from pathlib import Path

import pytest

from tests.live.health.conftest import Look, Server, told

CASES = Path(__file__).parent / "cases"
NAMES = sorted(folder.name for folder in CASES.iterdir())


def script(name: str, kind: str) -> str:
    path = CASES / name / f"{kind}.sql"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("kind", ["plant", "healthy"])
@pytest.mark.parametrize("name", NAMES)
async def test_found_where_planted_and_only_there(
    name: str, kind: str, server: Server, database: str, look: Look
) -> None:
    text = script(name, kind)
    expected = set(re.findall(r"^-- expects (\S+) (.+)$", text, re.MULTILINE))
    assert bool(expected) == (kind == "plant")
    try:
        server.run(database, text)
        server.open(database)
        health = await look(server.reader(database))
    finally:
        server.run("postgres", script(name, "clean") or "SELECT 1")
    assert told(health) == expected
    for finding in health.findings:
        assert finding.text
        assert finding.remedy
        assert finding.wrong_if
