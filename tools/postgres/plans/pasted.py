"""A plan that somebody pasted: EXPLAIN's text or JSON, of any version, wrapped by a terminal or cut off."""

import json
import re
from typing import Any

import orjson

from common.errors import InputError
from tools.postgres.plans.lines import tree_of
from tools.postgres.plans.tree import Plan, plan_of

_FRAME = re.compile(r"^\s*(?:QUERY PLAN|-{3,}|\+?-{3,}\+?|\(\d+ rows?\)|```\w*|=+)\s*$")
_MARK = re.compile(r"\(cost=[\d.]+\.\.[\d.]+|\(actual (?:time|rows)=|\bactual time=[\d.]+\.\.")


def looks_like_plan(text: str) -> bool:
    """Whether there is EXPLAIN output in `text`."""
    return bool(_MARK.search(text) or ('"Node Type"' in text and '"Plan"' in text))


def read_pasted(text: str) -> Plan:
    """The plan in `text`. Raises InputError when there is none."""
    lines = [_unframed(line) for line in text.replace("\r", "").split("\n") if not _FRAME.match(line)]
    try:
        if '"Node Type"' in text:
            return plan_of(_json("\n".join(lines)))
        return plan_of(tree_of(lines))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            detail=f"There is no plan that can be read in this ({error})",
            next="Paste the whole output of EXPLAIN (ANALYZE, BUFFERS)",
        ) from error


def _unframed(line: str) -> str:
    """A line without what psql and others draw around it: borders, and the + of continued lines."""
    line = re.sub(r"^\s?\|\s?", "", line) if line.lstrip().startswith("|") else line
    line = re.sub(r"\s*\|\s*$", "", line)
    line = re.sub(r"^(?:> )+", "", line)
    return re.sub(r"\s*\+$", "", line)


def _json(text: str) -> Any:
    """The JSON document in `text`; one that is cut off is closed after its last whole value."""
    start = min(place for place in (text.find("["), text.find("{")) if place >= 0)
    body = text[start:]
    try:
        return json.JSONDecoder(strict=False).raw_decode(body)[0]
    except json.JSONDecodeError:
        found = _closed(body)
    if isinstance(found, list) and found and isinstance(found[0], dict):
        found[0]["Cut Off"] = True
    elif isinstance(found, dict):
        found["Cut Off"] = True
    return found


def _closed(text: str) -> Any:
    """`text` with its open objects and lists closed after the last whole value. Raises ValueError."""
    cuts: list[tuple[int, str]] = []
    open_: list[str] = []
    quoted = escaped = False
    for place, character in enumerate(text):
        if quoted:
            escaped = character == "\\" and not escaped
            quoted = character != '"' or text[place - 1] == "\\"
        elif character == '"':
            quoted = True
        elif character in "{[":
            open_.append("}" if character == "{" else "]")
            cuts.append((place + 1, "".join(reversed(open_))))
        elif character in "}]" and open_:
            open_.pop()
            cuts.append((place + 1, "".join(reversed(open_))))
        elif character == ",":
            cuts.append((place, "".join(reversed(open_))))
    for place, closing in reversed(cuts[-200:]):
        try:
            return orjson.loads(text[:place].replace("\n", " ") + closing)
        except orjson.JSONDecodeError:
            continue
    raise ValueError("the JSON cannot be read")
