"""Statements that the server wrote to its log with their values: by auto_explain, and by log_min_duration_statement.

A log is given as the workload's file. It is not fetched from the server: pg_read_file and pg_current_logfile need rights
that a role which only reads must not have.
"""

import json
import re
from collections.abc import Iterator

from pglast.parser import ParseError, scan

from tools.postgres.advise.workload import Item, Workload, once

_ENTRY = re.compile(
    r"duration: (?P<ms>\d+\.\d+) ms  (?:(?P<plan>plan):\s*\n|statement: |execute [^:\n]*: )"
    r"(?P<body>.*(?:\n\t.*)*)(?:\n.*DETAIL:  parameters: (?P<values>.*))?",
    re.IGNORECASE,
)
_TEXT = "Query Text: "
_VALUES = "Query Parameters: "
_PLANNED = re.compile(r"\(cost=\d|\(actual ")
_VALUE = re.compile(r"(\$\d+) = ('(?:[^']|'')*')")


def from_log(text: str) -> Workload | None:
    """The statements in a server's log (stderr format), weighted by the time they took together, with their values.

    None when it is no such log. A parameter that was NULL, or is not in the log, stays one. auto_explain writes values
    since version 16; text and JSON of its formats are read.
    Sources: PostgreSQL documentation, auto_explain; Error Reporting and Logging.
    """
    items = []
    for found in _ENTRY.finditer(text):
        body = found["body"].replace("\n\t", "\n").strip()
        statement, values = _planned(body) if found["plan"] else (body, found["values"] or "")
        if statement:
            ms, line = float(found["ms"]), text.count("\n", 0, found.start()) + 1
            items.append(Item(_filled(statement, values), max(ms, 0.001), line, ms, 1))
    if not items:
        return None
    read = once(Workload(items))
    read.notes.append(f"{len(items)} runs in a server's log: weighted by the time they took, with the values in it")
    return read


def _planned(body: str) -> tuple[str, str]:
    """The statement and its values in what auto_explain wrote; empty when neither format fits."""
    if body.startswith("{"):
        try:
            element = json.loads(body, strict=False)
        except ValueError:  # cut off
            return "", ""
        return str(element.get(_TEXT[:-2], "")), str(element.get(_VALUES[:-2], ""))
    if not body.startswith(_TEXT):
        return "", ""
    lines = list(_until_the_plan(body.removeprefix(_TEXT)))
    values = lines.pop().removeprefix(_VALUES) if lines and lines[-1].startswith(_VALUES) else ""
    return "\n".join(lines).strip(), values


def _until_the_plan(body: str) -> Iterator[str]:
    for line in body.split("\n"):
        if _PLANNED.search(line):
            return
        yield line


def _filled(statement: str, values: str) -> str:
    """The statement with each value that is known in its parameter's place."""
    known = dict(_VALUE.findall(values))
    if not known:
        return statement
    try:
        places = [token for token in scan(statement) if token.name == "PARAM"]
    except ParseError:
        return statement
    for token in reversed(places):
        name = statement[token.start : token.end + 1]
        statement = statement[: token.start] + known.get(name, name) + statement[token.end + 1 :]
    return statement
