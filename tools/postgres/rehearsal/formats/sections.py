"""Files in which one tool keeps both ways, told apart by comments: dbmate, goose, sql-migrate."""

import re
from dataclasses import dataclass
from pathlib import Path

from tools.postgres.rehearsal.formats.reading import Reading, blank, has_sql, in_transaction


@dataclass(frozen=True)
class _Tool:
    name: str
    up: re.Pattern[str]
    down: re.Pattern[str]
    outside: re.Pattern[str]
    """The mark, in the head line or the file, of a way that runs in no transaction."""
    whole_file: bool
    """Whether that mark is about both ways."""


_TOOLS = (
    _Tool("dbmate", re.compile(r"--\s*migrate:up\b"), re.compile(r"--\s*migrate:down\b"),
          re.compile(r"--\s*migrate:.*transaction:false"), False),
    _Tool("goose", re.compile(r"--\s*\+goose\s+up\b", re.I), re.compile(r"--\s*\+goose\s+down\b", re.I),
          re.compile(r"--\s*\+goose\s+no\s+transaction\b", re.I), True),
    _Tool("sql-migrate", re.compile(r"--\s*\+migrate\s+up\b", re.I), re.compile(r"--\s*\+migrate\s+down\b", re.I),
          re.compile(r"--\s*\+migrate\s.*\bnotransaction\b", re.I), False),
)  # fmt: skip


def read(text: str, path: Path | None) -> Reading | None:
    """One migration whose ways begin at such a comment; each in a transaction unless it says otherwise.

    Sources: the README of each tool.
    """
    lines = text.splitlines()
    for tool in _TOOLS:
        ups = [place for place, line in enumerate(lines) if tool.up.match(line.strip())]
        if not ups:
            continue
        downs = [place for place, line in enumerate(lines) if tool.down.match(line.strip())]
        outside = [place for place, line in enumerate(lines) if tool.outside.match(line.strip())]
        up = _way(lines, ups, downs)
        down = _way(lines, downs, ups)
        loose_up = bool(outside) if tool.whole_file else any(place in outside for place in ups)
        loose_down = bool(outside) if tool.whole_file else any(place in outside for place in downs)
        what = f"a {tool.name} migration, in {'no' if loose_up else 'one'} transaction"
        if has_sql(down):
            what += ", with its own way back"
        return Reading(
            what,
            up if loose_up or not has_sql(up) else in_transaction(up),
            None if not has_sql(down) else down if loose_down else in_transaction(down),
        )
    return None


def _way(lines: list[str], heads: list[int], others: list[int]) -> str:
    keep: set[int] = set()
    for head in heads:
        end = min((place for place in (*heads, *others) if place > head), default=len(lines))
        keep.update(range(head + 1, end))
    return blank(lines, keep)
