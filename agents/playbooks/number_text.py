"""Numbers kept as text: what a comparison with a number does there, and on how many values a cast would fail."""

import re
from typing import Any

from agents.desk import Brief
from agents.playbooks.words import ref
from agents.reply import Reply
from common.evidence import Evidence

_NUMBER_TYPE = r"(?:numeric|decimal|int|integer|int[248]|bigint|smallint|float[48]?|real|double\s+precision)"
_MAYBE = re.compile(
    rf"[\w\"]\s*::\s*{_NUMBER_TYPE}\b|\bcast\s*\(\s*[\w.\"]+\s+as\s+{_NUMBER_TYPE}\b|[<>]=?\s*'\s*[-+]?[\d.]+\s*'"
    r"|\bbetween\s+'\s*[-+]?[\d.]+\s*'",
    re.I,
)
_REFUSED = re.compile(r"operator does not exist|invalid input syntax")
_PATTERN = r"^\s*[-+]?(\d+\.?\d*|\.\d+)\s*$"


async def told(brief: Brief, sql: str, reply: Reply) -> Reply:
    """The reply, led by what is wrong with numbers kept as text, where the statement compares or casts such a column."""
    if not (_REFUSED.search(reply.problem) or _MAYBE.search(sql)):
        return reply
    seen = await brief.call("text_numbers", sql=sql)
    columns = seen.data["columns"] if seen.ok else []
    wrong = [number for number, one in enumerate(columns) if one["failing"] or one["how"] != "cast"]
    if not wrong:
        return reply
    verdict = " ".join(_verdict(seen, number) for number in wrong)
    refused = any(columns[number]["how"] == "refused" for number in wrong)
    return reply.model_copy(
        update={
            "verdict": verdict if refused else f"{verdict} {reply.verdict}",
            "prose": (*(_values(seen, number) for number in wrong), _instead(columns[wrong[0]]), *reply.prose),
            "looked_at": (*reply.looked_at, seen.id),
            "problem": _problem(columns[wrong[0]]) if reply.problem else "",
        }
    )


def _verdict(seen: Evidence, number: int) -> str:
    one, at = seen.data["columns"][number], f"columns.{number}"
    condition, column = f"`{ref(seen, f'{at}.condition')}`", f"`{one['table']}.{one['column']}`"
    if one["how"] == "as text":
        return (
            f"{condition} compares as text, not as a number: {column} is text, which is ordered letter by letter, so a large "
            "number can come before a small one."
        )
    fails = f"fails on {ref(seen, f'{at}.failing')} of the {ref(seen, f'{at}.filled')} values looked at, which are no numbers"
    if one["how"] == "cast":
        return f"{condition} {fails}: the statement stops at the first of them that it meets."
    cast = f"a cast {fails}" if one["failing"] else "all values looked at can be cast"
    return f"PostgreSQL refuses {condition}: {column} is text, and text is not compared with a number; {cast}."


def _values(seen: Evidence, number: int) -> str:
    one, at = seen.data["columns"][number], f"columns.{number}"
    some = "" if seen.data["every"] else " (the first that the server found, not all)"
    what = {
        "blank": "are empty or spaces",
        "words": "hold no digit (as `n/a` does)",
        "others": "hold digits among other signs",
    }
    kinds = [f"{ref(seen, f'{at}.{kind}')} {said}" for kind, said in what.items() if one[kind]]
    listed = f"; {', '.join(kinds)}" if kinds else ""
    return (
        f"Of {ref(seen, f'{at}.looked_at')} rows looked at{some}, `{one['column']}` has a value in {ref(seen, f'{at}.filled')}: "
        f"{ref(seen, f'{at}.numbers')} can be cast to a number{listed}. The values themselves are not shown."
    )


def _instead(one: dict[str, Any]) -> str:
    column = one["column"]
    return (
        f"What holds either way: `CASE WHEN {column} ~ '{_PATTERN}' THEN {column}::numeric END` in place of `{column}`, which is "
        "NULL for what is no number (a WHERE before it does not keep the cast from running). What lasts: a numeric column of its "
        "own beside it, filled by that expression, with an index on it, and the rest of the values sorted out."
    )


def _problem(one: dict[str, Any]) -> str:
    return (
        f"{one['table']}.{one['column']} is text and is compared with a number, which PostgreSQL refuses. "
        "Compare it with the CASE in the comment, or keep numbers in a numeric column."
    )
