"""How a migration goes, as rehearsed: the locks it takes, whom they keep waiting, and for how long at live size."""

from typing import Any

from agents.playbooks.words import ref
from common.evidence import Evidence
from tools.postgres.statements import parse

_SHORT_MS = 1_000
"""Who waits less is unlikely to notice."""
_MOST = 6


def failed_at(rehearsal: Evidence) -> int | None:
    """The position of the step that failed on the copy, or None."""
    return next((number for number, one in enumerate(rehearsal.data["steps"]) if one["error"]), None)


def locks(rehearsal: Evidence) -> tuple[str, ...]:
    """The locks it took on the copy, a sentence each; of a statement that failed without how long it held them."""
    failed = _failed(rehearsal)
    said = []
    for number, lock in enumerate(rehearsal.data["locks"][:_MOST]):
        statement, held = (ref(rehearsal, f"locks.{number}.{key}") for key in ("statement", "held_ms"))
        blocks = " and ".join(lock["blocks"]) or "nothing that an application does"
        long = "" if lock["statement"] == failed else f", held {held} on the copy"
        said.append(f"Statement {statement} takes `{lock['mode']}` on `{lock['object']}`{long}: it blocks {blocks}.")
    return tuple(said)


def locking(rehearsal: Evidence) -> str:
    """The answer to "does this lock?", beginning with yes or no."""
    data, failed = rehearsal.data, _failed(rehearsal)
    ran = [(n, one) for n, one in enumerate(data["locks"]) if one["blocks"] and one["statement"] != failed]
    if failed is not None:
        return _unfinished(data, failed, ran)
    if not ran:
        return "No: nobody who reads or writes has to wait for it."
    number, worst = max(ran, key=lambda each: (each[1]["live_ms"], len(each[1]["blocks"])))
    rewritten = {name for step in data["steps"] for name in step["rewritten"]}
    why = "it rewrites" if worst["object"] in rewritten else f"it takes `{worst['mode']}` on"
    long = ref(rehearsal, f"locks.{number}.live_ms")
    begin = "Yes" if worst["live_ms"] >= _SHORT_MS else "Only for a moment"
    return f"{begin}: {why} `{worst['object']}`, and nobody {_who(worst)} meanwhile, about {long} at live size."


def _failed(rehearsal: Evidence) -> int | None:
    at = failed_at(rehearsal)
    return None if at is None else int(rehearsal.data["steps"][at]["statement"])


def _unfinished(data: dict[str, Any], failed: int, ran: list[tuple[int, dict[str, Any]]]) -> str:
    """The same for a migration that failed on the way: what is known without having seen its end."""
    here = [one["finding"] for one in data["findings"] if one["statement"] == failed]
    rewritten = [one["object"] for one in here if one["code"] == "table-rewrite"] or _retyped(data, failed)
    if rewritten:
        return (
            f"Yes: it rewrites `{rewritten[0]}`, and nobody reads or writes it meanwhile; for how long cannot be told, as it "
            "fails."
        )
    own = [one for one in data["locks"] if one["statement"] == failed and one["blocks"]]
    seen = own or [one for _, one in ran]
    if not seen:
        return "Whether it locks could not be seen: it fails before it is done."
    worst = max(seen, key=lambda one: len(one["blocks"]))
    return (
        f"Yes: it takes `{worst['mode']}` on `{worst['object']}`, and nobody {_who(worst)} meanwhile; for how long cannot be "
        "told, as it fails."
    )


def _retyped(data: dict[str, Any], failed: int) -> list[str]:
    """The table whose column the statement was giving another type, under ACCESS EXCLUSIVE, when a row stopped it."""
    from pglast import ast
    from pglast.enums import AlterTableType

    written = next(one["sql"] for one in data["steps"] if one["statement"] == failed)
    tables = [
        one.stmt.relation.relname
        for one in parse(written)
        if isinstance(one.stmt, ast.AlterTableStmt) and one.stmt.relation is not None
        for each in one.stmt.cmds or ()
        if each.subtype == AlterTableType.AT_AlterColumnType
    ]
    stopped = [
        ".".join(str(one["finding"]["object"]).split(".")[:2])
        for one in data["findings"]
        if one["statement"] == failed and one["finding"]["code"] == "fails-on-existing-data"
    ]
    return [table for table in stopped if table.rsplit(".", 1)[-1] in tables]


def _who(lock: dict[str, Any]) -> str:
    return "reads or writes it" if "reads" in lock["blocks"] else "writes it"
