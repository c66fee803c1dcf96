"""What was rehearsed, as files: SQL, or an Alembic revision that upgrades and downgrades by the same steps."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.errors import InputError
from tools.postgres.rehearsal.script import Statement, read_script

_BOOKS = "alembic_version"
_BIND = re.compile(r"(?<![:\\\w]):(?=\w)")
_HEAD = '''"""{message}

Revision ID: {revision}
Revises: {below}
"""

from alembic import op

revision = {revision!r}
down_revision = {below!r}
branch_labels = None
depends_on = None
'''


@dataclass(frozen=True)
class Place:
    """Where a revision stands: its id, the one below (None: the first), and the folder it goes to."""

    revision: str
    below: str | None
    folder: Path


def next_place(folder: Path) -> Place:
    """Upon the newest revision of an Alembic folder. Raises InputError where there are several, or Alembic cannot read it."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    try:
        config = Config(str(folder / "alembic.ini"))
        location = config.get_main_option("script_location") or "."
        if ":" not in location:  # Alembic would start from where we are
            config.set_main_option("script_location", str(folder / location).replace("%", "%%"))
        scripts = ScriptDirectory.from_config(config)
        heads = scripts.get_heads()
    except CommandError as error:
        raise InputError(detail=f"Alembic cannot read {folder}: {error}", next="Mend that and ask again") from error
    if len(heads) > 1:
        raise InputError(
            detail=f"{folder} has {len(heads)} heads", next="Merge them with `alembic merge`, then ask again"
        )
    return Place(secrets.token_hex(6), heads[0] if heads else None, Path(scripts.versions))


def write_revision(place: Place, message: str, up: str, down: str) -> Path:
    """A revision whose upgrade is `up` and whose downgrade is `down` (empty: it says that there is none).

    Statements that run outside a transaction do so in Alembic's autocommit_block; those between BEGIN and COMMIT run in
    Alembic's own transaction.
    """
    text = _HEAD.format(
        message=message.replace('"""', "'''").replace("\\", "/"), revision=place.revision, below=place.below
    )
    text += "\n\ndef upgrade() -> None:\n" + "".join(_calls(up))
    text += "\n\ndef downgrade() -> None:\n"
    text += "".join(_calls(down)) if down else '    raise NotImplementedError("There is no way back")\n'
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40] or "change"
    return _written(place.folder / f"{place.revision}_{slug}.py", text)


def write_sql(folder: Path, up: str, down: str) -> list[Path]:
    """up.sql and, where there is a way back, down.sql. Raises InputError when one is there already."""
    files = [_written(folder / "up.sql", up)]
    if down:
        files.append(_written(folder / "down.sql", down))
    return files


def _written(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(detail=f"{path} cannot be written: {error.strerror}", next="Name another folder") from error
    return path


def _calls(sql: str) -> Iterator[str]:
    statements = [each for each in read_script(sql) if _BOOKS not in {name for _, name in each.tables}]
    blocks: list[tuple[bool, list[Statement]]] = []
    for each in statements:
        if each.control:
            continue
        if not blocks or blocks[-1][0] != each.in_transaction:
            blocks.append((each.in_transaction, []))
        blocks[-1][1].append(each)
    timed = any("lock_timeout" in each.sql.partition("$")[0] for each in statements)
    if timed:
        if not blocks or blocks[-1][0]:
            blocks.append((False, []))
        blocks[-1][1].extend(read_script("RESET lock_timeout"))
    for inside, block in blocks:
        margin = "    " if inside else "        "
        if not inside:
            yield "    with op.get_context().autocommit_block():\n"
        for each in block:
            yield f"{margin}op.execute({_literal(each.sql)})\n"
    if not blocks:
        yield "    pass\n"


def _literal(sql: str) -> str:
    """A Python string; a colon before a word would otherwise be a parameter of SQLAlchemy's text()."""
    text = _BIND.sub(r"\\:", sql)
    if "\n" in text and '"""' not in text and "\\" not in text and not text.endswith('"'):
        return f'"""\n{text}\n"""'
    return repr(text)
