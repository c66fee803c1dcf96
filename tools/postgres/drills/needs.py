"""What the definitions in a dump ask of the server: extensions, tables, roles. Read from its text, nothing is run."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tools.postgres.drills.plain import COPY

_NAME = rb'(?:"(?:[^"]|"")+"|[\w$]+)'
_EXTENSION = re.compile(
    rb"CREATE EXTENSION (?:IF NOT EXISTS )?(%b)(?: WITH)?(?: SCHEMA (%b))?" % (_NAME, _NAME), re.IGNORECASE
)
_TABLE = re.compile(rb"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(%b)\.(%b)[ (]" % (_NAME, _NAME))
_ROLE = re.compile(rb"(?:ALTER .* OWNER|GRANT .*) TO (%b)(?: WITH GRANT OPTION)?;\s*\Z" % _NAME)


@dataclass
class Needs:
    """Extensions with the schema each goes to (empty: the first of the path), tables as schema.name, and roles."""

    extensions: dict[str, str] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)


def needs_of(lines: Iterable[bytes]) -> Needs:
    """What lines such as pg_dump writes ask for. A line inside a function's body counts too: these are only hints.

    Raises what reading the lines raises.
    """
    found, rows = Needs(), False
    for line in lines:
        if rows:
            rows = not line.startswith(b"\\.")
        elif COPY.match(line):
            rows = True
        elif match := _EXTENSION.match(line):
            found.extensions[_plain(match[1])] = _plain(match[2]) if match[2] else ""
        elif match := _TABLE.match(line):
            found.tables.add(f"{_plain(match[1])}.{_plain(match[2])}")
        elif match := _ROLE.match(line):
            found.roles.add(_plain(match[1]))
    return found


def _plain(name: bytes) -> str:
    text = name.decode(errors="replace")
    return text[1:-1].replace('""', '"') if text.startswith('"') else text
