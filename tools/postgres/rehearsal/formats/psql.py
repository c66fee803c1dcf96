"""SQL as psql runs it: commands that only change what psql shows are passed over."""

import re
from pathlib import Path

from pglast.parser import ParseError

from common.errors import InputError, MalformedSql
from tools.postgres.rehearsal.formats.reading import Reading
from tools.postgres.statements import RUNAWAY, parse

_SHOWS = re.compile(
    r"^[ \t]*\\(echo|qecho|warn|timing|pset|x|a|t|H|C|f|encoding\s+utf-?8|restrict|unrestrict|"
    r"set\s+(ON_ERROR_STOP|ON_ERROR_ROLLBACK|ECHO|ECHO_ALL|QUIET|VERBOSITY|AUTOCOMMIT\s+on))\b[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_DIFF = re.compile(r"^(diff --git |@@ -\d+(,\d+)? \+\d+)", re.MULTILINE)
_ROWS = re.compile(r"^[ \t]*COPY\s[^;]*\sFROM\s+STDIN\b", re.IGNORECASE | re.MULTILINE)


def read(text: str, path: Path | None) -> Reading:
    """Plain SQL. Raises InputError for a diff, and for a COPY that carries rows."""
    try:
        if RUNAWAY.search(text) is None:
            parse(text)
        return Reading("SQL, as psql runs it", text)
    except (ParseError, RecursionError, MalformedSql):
        pass
    if _DIFF.search(text):
        raise InputError(
            detail="This is a diff, not a migration",
            next="Name the migration itself, or the SQL that its tool sends",
        )
    rows = _ROWS.search(text)
    if rows:
        line = text.count("\n", 0, rows.start()) + 1
        raise InputError(
            detail=f"Line {line} copies rows from the client, and the rows stand in the file",
            next="Load rows apart from the migration, or write them as INSERT",
        )
    without = _SHOWS.sub("", text)
    if without == text:
        return Reading("SQL, as psql runs it", text)
    return Reading("SQL, as psql runs it, without the commands that only change what psql shows", without)
