"""What Rails writes to its log while it migrates: the SQL of Active Record, with times and colours."""

import re
from pathlib import Path

from psycopg import sql

from common.errors import InputError
from tools.postgres.rehearsal.formats.reading import Reading

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LOGGER = re.compile(r"^(?:\[[^\]]*\] )?[DIWEF], \[[^\]]*\] +[A-Z]+ -- [^:]*: ?")
_SQL = re.compile(r"^\s*(?P<name>(?:[\w:]+ )*?)\(\d+(?:\.\d+)?ms\)\s+(?P<sql>\S.*)$")
_BANNER = re.compile(r"^==\s+(?:(?P<version>\d+)\s+)?(?P<name>\S+): (?P<what>migrating|reverting|migrated|reverted)\b")
_BINDS = re.compile(r"\s{2}\[(\[.*\])\]$")
_BIND = re.compile(r'\[(?:"[^"]*"|nil), (?P<value>"(?:[^"\\]|\\.)*"|nil|true|false|-?[\d.]+)\]')
_NOISE = re.compile(r"^(Migrating to |\s*->\s|\s*↳|-- \w+\(|\s*$|\s*->)")
_BOOKS = re.compile(
    r"schema_migrations|ar_internal_metadata|pg_(try_)?advisory_(un)?lock|^SHOW |^SELECT\b(?!.*\bINTO\b)|"
    r"^SET (client_min|standard_c|SESSION|search_path)",
    re.IGNORECASE | re.DOTALL,
)
_LOOKS = ("SCHEMA", "ActiveRecord::SchemaMigration", "ActiveRecord::InternalMetadata")


def read(text: str, path: Path | None) -> Reading | None:
    """The statements between the banners, what reverts them as the way back; Rails' own books left out.

    Raises InputError when the log holds what Rails says it does, but not the SQL. Sources: ActiveRecord::LogSubscriber
    and ActiveRecord::Migration#announce.
    """
    lines = [_LOGGER.sub("", _COLOUR.sub("", line)) for line in text.splitlines()]
    banners = [found for line in lines if (found := _BANNER.match(line))]
    logged = [line for line in lines if _SQL.match(line)]
    if not banners and not logged:
        return None
    if not logged:
        raise InputError(
            detail="This is what Rails says while it migrates, without the SQL that it sends",
            next="Run it on a development database with ActiveRecord::Base.logger = Logger.new($stdout), or take"
            " log/development.log",
        )
    ups, downs = _statements(lines)
    names = list(dict.fromkeys(each["name"] for each in banners if each["what"] in ("migrating", "reverting")))
    what = "a Rails log" + (f" of {', '.join(names)}" if names else "")
    reverts = any(line.strip() for line in downs)
    if reverts:
        what += ", with what reverts it"
    return Reading(what, "\n".join(ups), "\n".join(downs) if reverts else None)


def _statements(lines: list[str]) -> tuple[list[str], list[str]]:
    """Both ways, a line for each line of the log. What is logged before a banner's BEGIN belongs to that banner."""
    ups, downs = [""] * len(lines), [""] * len(lines)
    reverting = False
    place = 0
    while place < len(lines):
        banner = _BANNER.match(lines[place])
        coming = next((found for line in lines[place:] if (found := _BANNER.match(line))), None)
        if banner:
            reverting = banner["what"].startswith("revert")
        found = _SQL.match(lines[place])
        if not found:
            place += 1
            continue
        begins = found["sql"].strip().upper().startswith("BEGIN")
        if begins and coming is not None and coming["what"] in ("migrating", "reverting"):
            reverting = coming["what"] == "reverting"
        body = [found["sql"]]
        after = place + 1
        while after < len(lines) and not any(sign.match(lines[after]) for sign in (_SQL, _BANNER, _NOISE)):
            body.append(lines[after])
            after += 1
        statement = _bound("\n".join(body).rstrip())
        name = found["name"].strip()
        if not any(name.startswith(each) for each in _LOOKS) and not _BOOKS.search(statement):
            way = downs if reverting else ups
            way[place] = statement.split("\n")[0]
            for more, line in enumerate(statement.split("\n")[1:], start=1):
                way[place + more] = line
            last = place + len(statement.split("\n")) - 1
            way[last] = way[last].rstrip().rstrip(";") + ";"
        place = after
    return ups, downs


def _bound(statement: str) -> str:
    """The statement with the values that Rails writes behind it in the places of $1, $2, …"""
    found = _BINDS.search(statement)
    if not found:
        return statement
    values = [_literal(each["value"]) for each in _BIND.finditer(found[1])]
    body = statement[: found.start()]
    return re.sub(r"\$(\d+)", lambda at: values[int(at[1]) - 1] if int(at[1]) <= len(values) else at[0], body)


def _literal(value: str) -> str:
    if value == "nil":
        return "NULL"
    if value.startswith('"'):
        return sql.Literal(re.sub(r"\\(.)", r"\1", value[1:-1])).as_string()
    return value
