"""Liquibase's formatted SQL: changesets, each with its rollback in comments."""

import re
from pathlib import Path

from common.errors import InputError
from tools.postgres.rehearsal.formats.reading import Reading, has_sql, in_transaction

_HEAD = re.compile(r"\s*--\s*liquibase\s+formatted\s+sql", re.I)
_CHANGESET = re.compile(r"--\s*changeset\s+(?P<id>\S+)(?P<rest>.*)", re.I)
_ROLLBACK = re.compile(r"--\s*rollback\s+(?P<sql>.*)", re.I)
_SPECIAL = re.compile(r"\s*(changesetid|empty|not\s+required)\b", re.I)
_DELIMITER = re.compile(r"enddelimiter\s*:\s*(\S+)", re.I)


def read(text: str, path: Path | None) -> Reading | None:
    """All changesets in order, each in a transaction of its own unless it says runInTransaction:false.

    Raises InputError for an endDelimiter that is no semicolon. Source: Liquibase documentation, SQL changelog format.
    """
    if not _HEAD.match(text.lstrip("\ufeff")):
        return None
    lines = text.splitlines()
    heads = [place for place, line in enumerate(lines) if _CHANGESET.match(line.strip())]
    ups = [""] * (len(lines) + 1)
    downs: list[str] = []
    notes: list[str] = []
    for place, head in enumerate(heads):
        end = heads[place + 1] if place + 1 < len(heads) else len(lines)
        found = _CHANGESET.match(lines[head].strip())
        assert found is not None
        delimiter = _DELIMITER.search(found["rest"])
        if delimiter and delimiter[1] not in (";", '";"'):
            raise InputError(
                detail=f"Changeset {found['id']} ends its statements with {delimiter[1]}",
                next="Rehearse what `liquibase update-sql` prints for it",
            )
        outside = "runintransaction:false" in found["rest"].lower().replace(" ", "")
        body = "\n".join(lines[head + 1 : end])
        back = "\n".join(
            each["sql"]
            for line in lines[head + 1 : end]
            if (each := _ROLLBACK.match(line.strip())) and not _SPECIAL.match(each["sql"])
        )
        if "--precondition" in body.replace(" ", "").lower():
            notes.append(f"changeset {found['id']} has preconditions, which were not looked at")
        if has_sql(body):
            ups[head + 1 : end] = lines[head + 1 : end]
            if not outside:
                ups[head] += "BEGIN;"
                ups[end] = "COMMIT;"
        if has_sql(back):
            downs.insert(0, back if outside else in_transaction(back))
        elif has_sql(body):
            notes.append(f"changeset {found['id']} names no rollback")
    what = f"Liquibase formatted SQL, {len(heads)} changeset{'' if len(heads) == 1 else 's'}"
    complete = bool(downs) and not any("no rollback" in note for note in notes)
    return Reading(
        what + (", with rollback" if complete else ""), "\n".join(ups), "\n".join(downs) if complete else None,
        tuple(notes),
    )  # fmt: skip
