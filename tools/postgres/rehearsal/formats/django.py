"""What Django's `manage.py sqlmigrate` prints."""

import re
from pathlib import Path

from tools.postgres.rehearsal.formats.reading import Reading

_OPERATION = re.compile(r"^--\r?\n-- (?P<what>[^\n]*[^\n-][^\n]*)\r?\n--\r?$", re.MULTILINE)
_NOT_SQL = ("THIS OPERATION CANNOT BE WRITTEN AS SQL", "MIGRATION NOW PERFORMS OPERATION THAT CANNOT BE WRITTEN AS SQL")
_PYTHON = re.compile(r"^(Raw Python|Add|Alter|Create|Delete|Remove|Rename|Raw SQL|Custom|Concurrently|Change|Move|Set)")


def read(text: str, path: Path | None) -> Reading | None:
    """Every operation under a comment of three lines; BEGIN and COMMIT are in it unless the migration is not atomic.

    Operations in Python leave nothing that could run, and are named. Source: Django's schema editor and its
    `migrations.Migration.apply`, which write these comments.
    """
    found = list(_OPERATION.finditer(text))
    if not found or not any(_PYTHON.match(each["what"]) for each in found):
        return None
    notes = []
    for place, each in enumerate(found):
        body = text[each.end() : found[place + 1].start() if place + 1 < len(found) else len(text)]
        if any(sign in body for sign in _NOT_SQL):
            notes.append(f"{each['what'].strip()}: Django runs Python there, which was not rehearsed")
    one = "in one transaction" if re.search(r"^\s*BEGIN;", text, re.MULTILINE) else "in no transaction"
    count = f"{len(found)} operation{'' if len(found) == 1 else 's'}"
    return Reading(f"what Django's sqlmigrate prints, {count}, {one}", text, None, tuple(notes))
