"""The safer steps, themselves rehearsed: run on the copy as it was, and compared with what the migration left."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import psycopg
from pglast import ast
from pglast.enums import ObjectType
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import BaseModel

from common.errors import DbcrewError
from common.figures import fill
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rehearsal import Trial, try_on
from tools.postgres.rehearsal.rewrite import safer
from tools.postgres.rehearsal.script import read_script
from tools.postgres.rehearsal.snapshot import differences

_RUNS_ONLY_SPLIT = ("25001", "55P04")
"""What fails because it stands in a transaction: CONCURRENTLY, and a new enum value used in the one that adds it."""
_MOVED = re.compile(r"^(?P<what>column|numbering of) (?P<object>.+): (position|owned by) was ")


class Rewrite(BaseModel):
    """The same change in safer steps.

    `rehearsed`: these very steps ran on a copy and left catalogue and rows as the migration does. `down` led back there;
    it is empty when none did. `differences`: what they leave otherwise than the migration, such as the order of columns.
    """

    up: str
    down: str
    rehearsed: bool
    differences: list[str] = []


class NotRewritten(BaseModel):
    """A statement of which there is no safer form (0: the migration as a whole), and why."""

    statement: int
    why: str


@asynccontextmanager
async def spare_of(copy: Copy) -> AsyncIterator[Copy | None]:
    """A second database on the copy, as the first is now; None where there is no room or the server will not.

    Gone with the block.
    """
    name = f"{copy.database[:50]}_spare"
    place = make_conninfo(copy.dsn, dbname="template1")
    async with await psycopg.AsyncConnection.connect(place, autocommit=True) as keeper:
        try:
            await _clone(keeper, copy.database, name)
        except psycopg.DatabaseError:
            yield None
            return
        try:
            dsn, rehearsal_dsn = (make_conninfo(one, dbname=name) for one in (copy.dsn, copy.rehearsal_dsn))
            yield replace(copy, dsn=dsn, rehearsal_dsn=rehearsal_dsn, database=name)
        finally:
            await keeper.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


async def _clone(keeper: psycopg.AsyncConnection, database: str, name: str) -> None:
    found = await keeper.execute(
        "SELECT pg_get_userbyid(datdba), (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0)"
        " FROM pg_database AS d WHERE datname = %s",
        (database,),
    )
    row = await found.fetchone()
    assert row is not None
    await keeper.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
            *map(sql.Identifier, (name, database, row[0]))
        )
    )
    for setting, value in (each.split("=", 1) for each in row[1] or ()):
        if setting == "search_path":  # a list of names: as one literal it would be one name
            await keeper.execute("SELECT set_config('search_path', %s, false)", (value,))
            await keeper.execute(sql.SQL("ALTER DATABASE {} SET search_path FROM CURRENT").format(sql.Identifier(name)))
            continue
        await keeper.execute(
            sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
            )
        )


async def rewritten(
    spare: Copy | None, case: Case, progress: Callable[[str], None] = lambda line: None
) -> tuple[Rewrite | None, list[NotRewritten]]:
    """The safer steps of a migration that is not safe, tried on `spare`; None with the reasons when there are none."""
    failed = case.trial.failed
    if failed is not None and failed.sqlstate not in _RUNS_ONLY_SPLIT:
        why = f"it fails as it is, and other steps would fail on the same rows or objects: {failed.error}"
        return None, [NotRewritten(statement=failed.number, why=why)]
    stopped = _on_live_rows(case)
    if stopped:
        return None, stopped
    made = safer(case)
    kept = [NotRewritten(statement=each.statement, why=each.why) for each in made.kept]
    if not made.text:
        return None, kept
    if spare is None:
        return Rewrite(up=made.text, down="", rehearsed=False), kept
    progress("rehearsing the safer steps")
    try:
        down = _gentler(case.trial) if case.trial.restores else ""
        back = read_script(down, "the way back") if down else ()
        again = await try_on(spare, case.trial.tables, read_script(made.text, "the safer steps"), back, down)
    except DbcrewError as error:
        return None, [*kept, NotRewritten(statement=0, why=f"the safer steps did not come to an end: {error}")]
    if again.failed is not None:
        why = f"the safer steps fail on the copy ({again.failed.sql.splitlines()[0]}: {again.failed.error})"
        return None, [*kept, NotRewritten(statement=0, why=why)]
    moved: list[str] = []
    if failed is None:
        other, moved = _compared(case.trial, again)
        if other:
            why = f"the safer steps do not leave what the migration leaves: {other[0]}"
            return None, [*kept, NotRewritten(statement=0, why=why)]
    leads_back = again.restores is not None and not [line for line in again.left if not _MOVED.match(line)]
    broken = any(step.error is not None for step in again.down_steps)
    down = again.down_sql if leads_back and not broken else ""
    return Rewrite(up=made.text, down=down, rehearsed=True, differences=moved), kept


def _on_live_rows(case: Case) -> list[NotRewritten]:
    """Statements that live rows stop, which the copy had none of: VALIDATE, or a unique index, fails on them as well.

    Not where the migration changes rows of that table before: it may mend them.
    """
    found = []
    for answer in case.answers:
        mended = any(
            isinstance(each.node, ast.UpdateStmt | ast.DeleteStmt | ast.DoStmt | ast.InsertStmt)
            for each in case.trial.up[: answer.statement - 1]
        )
        if answer.against and not mended:
            counted = fill(answer.counted, {"against": answer.against})
            why = (
                f"it fails on the live rows, and so would any safer steps in the end: {counted}. Mend them first; some of"
                f" them are listed by: {answer.listed}"
            )
            found.append(NotRewritten(statement=answer.statement, why=why))
    return found


def _compared(was: Trial, now: Trial) -> tuple[list[str], list[str]]:
    """(what is not the same, what only moved): the finished schema and rows of both."""
    other: list[str] = []
    moved: list[str] = []
    for line in differences(was.after, now.after):
        found = _MOVED.match(line)
        if found:
            table = found["object"].rpartition(".")[0] if found["what"] == "column" else found["object"]
            text = f"the columns of {table} stand in another order" if found["what"] == "column" else ""
            moved += [text] if text and text not in moved else []
        elif not _drawn(line, was, now):
            other.append(line)
    return other, moved


def _drawn(line: str, was: Trial, now: Trial) -> bool:
    """Whether it is about the values of a column that the migration made and filled: they are drawn anew each time."""
    name, _, said = line.partition(": ")
    column = f"column {name}"
    return (
        said == "values are not what they were" and column in now.after.catalogue and column not in was.before.catalogue
    )


def _gentler(was: Trial) -> str:
    """The migration's own way back, which leads back from the same end; indexes come and go CONCURRENTLY."""
    statements = read_script(was.down_sql, "the way back")
    partitioned = any(" ON ONLY " in (fact.get("definition") or "") for fact in was.after.catalogue.values())
    if partitioned or any(each.control for each in statements):
        return was.down_sql
    lines = []
    for each in statements:
        node = each.node
        if isinstance(node, ast.DropStmt) and node.removeType == ObjectType.OBJECT_INDEX and not node.concurrent:
            lines.append(re.sub(r"^DROP\s+INDEX", "DROP INDEX CONCURRENTLY", each.sql, flags=re.IGNORECASE))
        elif isinstance(node, ast.IndexStmt) and not node.concurrent and _stays(node.relation, was):
            lines.append(re.sub(r"^CREATE\s+(UNIQUE\s+)?INDEX", r"\g<0> CONCURRENTLY", each.sql, flags=re.IGNORECASE))
        else:
            lines.append(each.sql)
    return "".join(f"{line};\n" for line in lines)


def _stays(relation: Any, was: Trial) -> bool:
    """Whether the way back finds this table there, with rows that somebody may be writing."""
    named = QualifiedName(str(relation.schemaname), str(relation.relname))
    return f"table {named}" in was.after.catalogue and f"table {named}" in was.before.catalogue
