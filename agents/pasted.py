"""Migrations in an issue as Django, Rails, Flyway and their like wrote or printed them."""

import re
from contextlib import suppress
from dataclasses import replace

from agents.sqltext import Sort, statements
from common.errors import InputError
from tools.postgres.rehearsal.formats import recognised
from tools.postgres.rehearsal.formats.reading import Reading

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_PARAGRAPH = re.compile(r"(?:\A|\n[ \t]*\n)")
_TRIES = 12


def migration(text: str) -> tuple[str, Reading, str] | None:
    """The words before the first such migration, what it is, and the words after it; None where there is none.

    Words before a migration that stands in no fence end at a blank line. What is recognised but is no valid SQL is none.
    """
    for fence in _FENCE.finditer(text):
        if (reading := _read(fence.group(2))) is not None:
            return text[: fence.start()], reading, text[fence.end() :]
    if _FENCE.search(text) is not None:
        return None
    starts = [found.end() for found in _PARAGRAPH.finditer(text)][:_TRIES]
    found = [(start, reading) for start in starts if (reading := _read(text[start:])) is not None]
    if not found:
        return None
    # A log is recognised with the words before it, too: they end where less would leave statements out.
    start, reading = [one for one in found if one[1].up == found[0][1].up][-1]
    return text[:start], reading, ""


def _read(text: str) -> Reading | None:
    with suppress(InputError):
        reading = recognised(text)
        if reading is not None and all(one.sort is not Sort.BROKEN for one in statements(reading.up)):
            return replace(reading, up=_joined(reading.up), down=_joined(reading.down) if reading.down else None)
    return None


def _joined(text: str) -> str:
    """The statements without the blank lines that keep a file's line numbers true."""
    return "".join(f"{one.sql};\n" for one in statements(text))
