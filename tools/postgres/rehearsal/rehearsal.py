"""Before → up → after → down on a copy, and whether down led back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from common.queries import query
from tools.postgres.channel import Row
from tools.postgres.connection import Postgres, Session
from tools.postgres.rehearsal.bodies import Written, written_in_bodies
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.down import derive
from tools.postgres.rehearsal.mend import mend
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.new_keys import make_room
from tools.postgres.rehearsal.run import run_on
from tools.postgres.rehearsal.script import Statement, names_in, read_script, schemas_dropped
from tools.postgres.rehearsal.snapshot import Snapshot, differences, snapshot
from tools.postgres.rehearsal.step import Step
from tools.postgres.rehearsal.traffic import BESIDE_MS, Again, Served, again

STATEMENT_S = 120.0
"""The most seconds one statement may take on the copy."""
NOTHING = "the migration changes nothing that could be undone"


@dataclass(frozen=True)
class Trial:
    """What happened on the copy."""

    copy: Copy
    tables: tuple[QualifiedName, ...]
    """Tables of the live server that the migration names."""
    up: tuple[Statement, ...]
    steps: tuple[Step, ...]
    before: Snapshot
    after: Snapshot
    down_source: Literal["given", "derived", "none"]
    """given, derived or none."""
    down_sql: str
    down_reason: str
    """Why there is no down; empty when there is one."""
    down_steps: tuple[Step, ...]
    left: tuple[str, ...]
    """What is not as it was before, after up and down."""
    restored: Snapshot | None
    again: tuple[Again, ...] = ()
    """The live server's busiest statements on these tables, before and after up."""

    @property
    def failed(self) -> Step | None:
        """The statement of up that failed, if one did."""
        return next((step for step in self.steps if step.error is not None), None)

    @property
    def restores(self) -> bool | None:
        """Whether down led back to the same catalogue and data; None when there was none or up failed."""
        if self.restored is None:
            return None
        return not self.left and all(step.error is None for step in self.down_steps)


async def try_on(
    copy: Copy,
    tables: Sequence[QualifiedName],
    statements: tuple[Statement, ...],
    back: tuple[Statement, ...],
    back_sql: str,
    *,
    served: Sequence[Served] = (),
    progress: Callable[[str], None] = lambda line: None,
) -> Trial:
    """The rehearsal itself, on a copy that is up. Clients work on `tables` and send the statements `served` meanwhile."""
    keeper = await copy.connect()
    async with keeper:
        await make_room(copy, keeper, tables, statements)
        before = await snapshot(keeper)
        owner = owner_of(before, tables)
        progress("running the migration")
        light = [each.sql for each in served if each.before.ms <= BESIDE_MS]
        steps = await run_on(
            copy, statements, owner=owner, limit_s=STATEMENT_S, beside=tables, served=light, progress=progress
        )
        after = await snapshot(keeper)
        failed = steps[-1].error is not None
        compared = await again(copy, served) if served and not failed else []
        back_source: Literal["given", "derived", "none"] = "given" if back else "none"
        reason = "up failed" if failed and not back else ""
        down_steps: list[Step] = []
        restored = None
        if not back and not failed:
            derived = derive(statements, before, after)
            back_sql, reason = derived.sql, derived.reason
            if not reason and not (derived.sql or mend(before, after)):
                reason = NOTHING
            back_source = "none" if reason else "derived"
        if back_source != "none" and not failed:
            progress("running the way back")
            back = back or (read_script(back_sql, "the derived down") if back_sql else ())
            down_steps = await run_on(copy, back, owner=owner, limit_s=STATEMENT_S, progress=progress) if back else []
            restored = await snapshot(keeper)
            lines = mend(before, restored) if back_source == "derived" else []
            if lines and all(step.error is None for step in down_steps):
                text = "".join(f"{line};\n" for line in lines)
                back_sql += text
                down_steps += await run_on(
                    copy, read_script(text, "the derived down"), owner=owner, limit_s=STATEMENT_S
                )
                restored = await snapshot(keeper)
        return Trial(
            copy=copy,
            tables=tuple(tables),
            up=statements,
            steps=tuple(steps),
            before=before,
            after=after,
            down_source=back_source,
            down_sql=back_sql,
            down_reason=reason,
            down_steps=tuple(down_steps),
            left=tuple(differences(before, restored)) if restored else (),
            restored=restored,
            again=tuple(compared),
        )


async def tables_of(postgres: Postgres, statements: Sequence[Statement], trace: list[str]) -> list[QualifiedName]:
    """The relations on the live server that these statements are about, also by dropping a schema; in order of name.

    Those that bodies name are among them where the role may read them: what looks like a name may be none.
    """
    dropped = list(schemas_dropped(tuple(statements)))
    async with postgres.session(trace) as session:
        inside = await written_in_bodies(session, statements)
        rows = await _resolve(session, names_in(tuple(statements)), dropped, types=True)
        rows += [each for each in await _resolve(session, inside, [], types=False) if each["readable"]]
    return sorted({QualifiedName(row["schema"], row["name"]) for row in rows})


async def _resolve(session: Session, named: Sequence[Written], dropped: list[str], *, types: bool) -> list[Row]:
    wanted = {"schemas": [schema for schema, _ in named], "names": [name for _, name in named]}
    parameters = {**wanted, "dropped": dropped, "types": types}
    return await session.rows(query("tools.postgres.rehearsal", "resolve"), parameters)


def owner_of(before: Snapshot, tables: Sequence[QualifiedName]) -> str | None:
    """The role that owns all of these tables; None when there are none or several."""
    owners = {fact["owner"] for table in tables if (fact := before.catalogue.get(f"table {table}")) is not None}
    return owners.pop() if len(owners) == 1 else None
