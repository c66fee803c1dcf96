"""Tables that a migration turned out to need and that its copy does not hold: dynamic SQL names them, or no text does."""

import re
from collections.abc import Sequence

from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rehearsal import Trial

_UNDEFINED_TABLE = "42P01"
_NAMED = re.compile('"(.+)"')


class Absent(Exception):
    """The live server has what a statement did not find on the copy: copy `tables` too and try again."""

    def __init__(self, tables: Sequence[QualifiedName]) -> None:
        super().__init__(", ".join(map(str, tables)))
        self.tables = tuple(tables)


async def absent_of(postgres: Postgres, trial: Trial, trace: list[str]) -> tuple[QualifiedName, ...]:
    """The live server's tables by the name that the statement that failed did not find, and that the copy lacks."""
    failed = [each for each in (*trial.steps, *trial.down_steps) if each.sqlstate == _UNDEFINED_TABLE]
    names = [named[1] for each in failed if (named := _NAMED.search(each.error or ""))]
    held = {each.name for each in trial.copy.relations}
    found: list[QualifiedName] = []
    for name in names:
        async with postgres.session(trace) as session:
            rows = await session.rows(query("tools.postgres.rehearsal", "absent"), {"name": name})
        found += [QualifiedName(row["schema"], row["name"]) for row in rows]
    return tuple(each for each in dict.fromkeys(found) if each not in held)
