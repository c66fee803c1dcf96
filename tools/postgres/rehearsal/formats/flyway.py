"""Flyway: files named V1__x.sql with their undo and their configuration, and what `flyway -X` prints."""

import os
import re
import tomllib
from pathlib import Path

from pglast.parser import ParseError

from common.errors import InputError
from tools.postgres.rehearsal.formats.reading import Reading, in_transaction
from tools.postgres.statements import parse

_NAME = re.compile(r"(?P<kind>[VUR])(?P<version>[0-9][0-9._]*)?__(?P<what>.+)\.sql\Z")
_PLACEHOLDER = re.compile(r"\$\{([^{}\s]+)\}")
_OUTSIDE = re.compile(
    r"^\s*(CREATE\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY|DROP\s+INDEX\s+CONCURRENTLY|REINDEX\b|VACUUM\b|DISCARD\s+ALL|"
    r"ALTER\s+SYSTEM|CREATE\s+(DATABASE|TABLESPACE|SUBSCRIPTION))",
    re.IGNORECASE,
)
_DEBUG = re.compile(r"^.*\bDEBUG\b.*?\bExecuting SQL: (?P<sql>.*)$")
_LOG = re.compile(r"^(\S+ ){0,3}\[?(DEBUG|INFO|WARN|WARNING|ERROR)\b|^(\+-|\| )")
_BOOKS = re.compile(
    r"flyway_schema_history|pg_(try_)?advisory|^(SELECT|SHOW|RESET)\b|^SET (application_name|ROLE)", re.IGNORECASE
)


def read(text: str, path: Path | None) -> Reading | None:
    """A migration in one transaction unless Flyway would run it in none; placeholders filled from its configuration.

    Raises InputError for a placeholder that has no value. Sources: Flyway documentation, migrations, script
    configuration and placeholders; its PostgreSQLParser for what runs in no transaction.
    """
    named = _NAME.match(path.name) if path is not None else None
    if path is None or named is None:
        return _debug(text)
    if named["kind"] != "R" and not named["version"]:
        return None
    notes: list[str] = []
    up, loose = _script(text, path, notes)
    kind = {"V": "a Flyway migration", "U": "a Flyway undo migration", "R": "a repeatable Flyway migration"}
    what = f"{kind[named['kind']]}, in {'no' if loose else 'one'} transaction"
    down = None
    if named["kind"] == "V":
        wanted = _version(named["version"])
        for beside in sorted(path.parent.glob("U*__*.sql")):
            undo = _NAME.match(beside.name)
            if undo and undo["version"] and _version(undo["version"]) == wanted:
                down, _ = _script(beside.read_text(encoding="utf-8-sig"), beside, notes)
                what += f", with its undo {beside.name}"
                break
    return Reading(what, up, down, tuple(notes))


def _script(text: str, path: Path, notes: list[str]) -> tuple[str, bool]:
    """The text as it is sent, and whether it runs outside any transaction."""
    own = _settings(path.with_name(path.name + ".conf"))
    shared = _shared(path.parent)
    loose = (own.get("executeInTransaction") or shared.get("executeInTransaction") or "true").lower() == "false"
    if (own.get("placeholderReplacement") or shared.get("placeholderReplacement") or "true").lower() != "false":
        text = _filled(text, path, own, shared)
    try:
        kinds = {bool(_OUTSIDE.match(each)) for each in _each(text)}
    except ParseError:
        kinds = set()
    if True in kinds:
        if not loose and False in kinds and (own.get("mixed") or shared.get("mixed") or "false").lower() != "true":
            notes.append(f"Flyway refuses {path.name}, which mixes statements that run in a transaction with others that"
                         " cannot, unless mixed=true")  # fmt: skip
        loose = True
    return (text if loose else in_transaction(text)), loose


def _each(text: str) -> list[str]:
    found = []
    for each in parse(text):
        start = each.stmt_location or 0
        body = text[start : start + each.stmt_len if each.stmt_len else len(text)]
        found.append(re.sub(r"\A(?:\s+|--[^\n]*\n|/\*.*?\*/)+", "", body, flags=re.DOTALL))
    return found


def _filled(text: str, path: Path, own: dict[str, str], shared: dict[str, str]) -> str:
    schema = shared.get("defaultSchema") or shared.get("schemas") or "public"
    values = {
        "flyway:defaultschema": schema.split(",")[0].strip(),
        "flyway:filename": path.name,
        "flyway:table": shared.get("table") or "flyway_schema_history",
    }
    for settings in (shared, own):
        for name, value in settings.items():
            if name.startswith("placeholders."):
                values[name.removeprefix("placeholders.").lower()] = value
    for name, value in os.environ.items():
        if name.startswith("FLYWAY_PLACEHOLDERS_"):
            values[name.removeprefix("FLYWAY_PLACEHOLDERS_").lower()] = value
    lines = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.lstrip().startswith("--"):
            for found in _PLACEHOLDER.finditer(line):
                if found[1].lower() not in values:
                    raise InputError(
                        detail=f"{path.name} line {number} holds the placeholder {found[0]}, which has no value here",
                        next=f"Set FLYWAY_PLACEHOLDERS_{found[1].upper()}, or placeholders.{found[1]} in {path.name}.conf",
                    )
            line = _PLACEHOLDER.sub(lambda found: values[found[1].lower()], line)
        lines.append(line)
    return "\n".join(lines)


def _shared(folder: Path) -> dict[str, str]:
    """What flyway.conf or flyway.toml says, in the folder or one of the three above it."""
    for place in (folder, *list(folder.absolute().parents)[:3]):
        for name in ("flyway.conf", "conf/flyway.conf"):
            if (place / name).is_file():
                return {key.removeprefix("flyway."): value for key, value in _settings(place / name).items()}
        if (place / "flyway.toml").is_file():
            try:
                said = tomllib.loads((place / "flyway.toml").read_text(encoding="utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise InputError(detail=f"{place / 'flyway.toml'}: {error}", next="Mend it and ask again") from error
            flyway = said.get("flyway", {})
            flat = {key: str(value) for key, value in flyway.items() if not isinstance(value, dict)}
            return flat | {f"placeholders.{key}": str(value) for key, value in flyway.get("placeholders", {}).items()}
    return {}


def _settings(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#")]
    return {key.strip(): value.strip() for key, value in pairs}


def _version(text: str) -> tuple[int, ...]:
    parts = [int(part) for part in re.split(r"[._]", text) if part]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _debug(text: str) -> Reading | None:
    """The statements of `flyway -X migrate`; Flyway's own books left out."""
    lines = text.splitlines()
    if not any(_DEBUG.match(line) for line in lines):
        return None
    kept = [""] * len(lines)
    place = 0
    while place < len(lines):
        found = _DEBUG.match(lines[place])
        if not found:
            place += 1
            continue
        body = [found["sql"]]
        first = place
        place += 1
        while place < len(lines) and not _LOG.match(lines[place]):
            body.append(lines[place])
            place += 1
        statement = "\n".join(body).rstrip()
        if statement and not _BOOKS.search(statement):
            for more, line in enumerate(statement.split("\n")):
                kept[first + more] = line
            last = first + statement.count("\n")
            kept[last] = kept[last].rstrip().rstrip(";") + ";"
    up = "\n".join(kept)
    try:
        loose = any(_OUTSIDE.match(each) for each in _each(up))
    except ParseError:
        loose = True
    return Reading("what flyway -X printed", up if loose else in_transaction(up))
