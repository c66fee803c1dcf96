"""What evidence holds: its values, facts, findings and the statements that were tried, for comparison with a claim."""

import re
from collections.abc import Iterator
from typing import Any

from common.evidence import Evidence
from common.figures import Value
from common.findings import Finding


def values(data: Any) -> Iterator[Value]:
    """Every leaf of the data."""
    if isinstance(data, dict):
        for value in data.values():
            yield from values(value)
    elif isinstance(data, list):
        for value in data:
            yield from values(value)
    else:
        yield data


def _records(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from _records(value)


def has_fact(record: Evidence, name: str, value: Value) -> bool:
    """Whether the record holds this fact, by name and value; a word may stand anywhere in it."""
    if value is None:
        return True
    if any(_same(row[name], value) for row in _records(record.data) if name in row):
        return True
    return isinstance(value, str) and (value in record.statement or any(value == each for each in values(record.data)))


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def said(data: Any, finding: Finding) -> bool:
    """Whether the tool itself said this, word for word: then its words are evidence, not the mind's."""
    said = finding.model_dump(mode="json", exclude={"evidence"})
    return any(all(row.get(key) == value for key, value in said.items()) for row in _records(data) if "code" in row)


def tried_statements(data: Any) -> Iterator[str]:
    """Every statement that a rehearsal says it ran."""
    for row in _records(data):
        if row.get("problem"):
            continue
        for key in ("up", "down", "sql", "statement", "rewrite", "after_sql"):
            value = row.get(key)
            if isinstance(value, str):
                yield value
            elif isinstance(value, list) and all(isinstance(each, str) for each in value):
                yield ";\n".join(str(each).strip().rstrip(";") for each in value)
                yield from value


def normal(text: str) -> str:
    """Statements compared: line ends and trailing semicolons apart, to the letter."""
    return ";".join(part.strip() for part in "\n".join(text.split("\r\n")).strip().rstrip("; \n").split(";"))


def is_sql(text: str) -> bool:
    """Whether PostgreSQL's parser accepts the text."""
    from pglast.parser import ParseError, parse_sql_json

    try:
        return bool(text.strip()) and parse_sql_json(text) != ""
    except (ParseError, ValueError):  # a character that UTF-8 has no bytes for is a ValueError
        return False


def flat(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def holds(corpus: str, part: str) -> bool:
    """Whether `part` stands in `corpus` as whole words: `tx_2` is not found inside `tx_20`."""
    left = r"(?<!\w)" if part[0].isalnum() or part[0] == "_" else ""
    right = r"(?!\w)" if part[-1].isalnum() or part[-1] == "_" else ""
    return re.search(left + re.escape(part) + right, corpus) is not None


def short(text: str) -> str:
    """At most sixty characters of the text, on one line."""
    line = flat(text)
    return line if len(line) <= 60 else line[:57] + "…"
