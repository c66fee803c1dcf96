"""SQL in prose: where a statement begins in an issue's text, where it ends, and what sort it is."""

import re
from contextlib import suppress
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from common.errors import InputError
from tools.postgres.statements import explained_statement, split

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_START = re.compile(
    r"(?<![\w.])(?:SELECT|WITH|INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|CREATE|ALTER|DROP|TRUNCATE|REINDEX|VACUUM|"
    r"EXPLAIN|VALUES|GRANT|REVOKE|COPY|CLUSTER|COMMENT\s+ON|REFRESH|BEGIN|DO|CALL)\b",
    re.I,
)
_END = re.compile(r";|\n[ \t]*\n|\n[ \t]*\d+[.)][ \t]|`")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(\$\w*\$).*?\1", re.S)
_CUT = re.compile(r"[.?!](?=\s|$)|\n|\s+[-–—]\s+|`")
_LOOKS_LIKE_SQL = re.compile(
    r"select\s*\(|select\b.+\bfrom\s+\S+\s+\S+\s+\S+\s*[=<>]|select\b.+\bfrom\b\s+\S+.*\b(where|join|group\s+by|order\s+by|limit)\b|(alter|create|drop)\s+(table|index)\b"
    r"|(insert\s+into|delete\s+from)\s+\w+\s*(\(|values|where|using)|update\s+\S+\s+set\b",
    re.I | re.S,
)
_MISSPELT = re.compile(r"\b[A-Z]{4,}\b[^\n]*\b(?:FROM|WHERE|JOIN|GROUP BY|ORDER BY|LIMIT)\b[^\n]*")
_PLAN = re.compile(r"\(cost=\d|\"Node Type\"\s*:|\(actual time=|^\s*QUERY PLAN", re.M)
_PLAN_LINE = re.compile(
    r"\(cost=\d|\(actual time=|^\s*(QUERY PLAN|-{5,}|->|Filter:|Rows Removed|Index Cond:|Recheck Cond:|Sort |Hash|"
    r"Buffers:|Planning|Execution|Workers|Heap |Join Filter:|Group Key:|JIT:|\(\d+ rows?\))"
)
_PLACE = re.compile(r"line (\d+), column (\d+)")
_PLACEHOLDER = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|::|(?P<placeholder>(?<!\w)\?|%s|%\(\w+\)s|(?<!\w):[A-Za-z_]\w*)",
    re.S,
)
_AFTER = re.compile(r"[;` \t]*(?:[?!]+(?=\s|$))?[;` \t]*")
"""What stands behind a statement and belongs to no word: its end, and the end of the sentence around it."""
_NUMBERED = re.compile(r"(?m)(?=^[ \t]*\d+[.)](?:[ \t]|$))")
_BLANK = re.compile(r"\n[ \t]*\n")
_SQL_TAGS = ("sql", "postgres", "postgresql", "pgsql", "psql")
_READS = ("SelectStmt", "ExplainStmt", "VariableShowStmt")
_WRITES = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt", "CallStmt")
_OTHER = ("TransactionStmt", "VariableSetStmt")
_TRIES = 12
_WORDS_TAKEN = 3
"""How many words of prose the parser may have taken for SQL before it stumbled."""
_LONG = 20_000
"""Characters: no sentence is that long, so it is meant as a statement, whatever it looks like."""


class Sort(StrEnum):
    """What a statement is, by its outermost node: a read, a write of rows, a change of the schema, or other."""

    READ = "read"
    WRITE = "write"
    CHANGE = "change"
    OTHER = "other"
    BROKEN = "broken"


class Statement(BaseModel):
    """One SQL statement found in a text. `problem` is what the parser said when it is broken."""

    model_config = ConfigDict(frozen=True)

    sql: str
    sort: Sort
    problem: str = ""


def statements(text: str) -> list[Statement]:
    """The statements of a piece of SQL; one broken statement when it cannot be parsed.

    EXPLAIN is taken off, since it is what it explains that is asked about. Where a driver's placeholders (`?`, `%s`,
    `:name`) are all that is wrong, they are numbered (`$1`).
    """
    try:
        return _split(text)
    except InputError as error:
        numbered = _numbered(text)
        if numbered != text:
            with suppress(InputError):
                return _split(numbered)
        return [Statement(sql=text, sort=Sort.BROKEN, problem=str(error))]


def _split(text: str) -> list[Statement]:
    found = []
    for one in split(text):
        inner = explained_statement(one.text) if one.kind == "ExplainStmt" else ""
        found += _split(inner) if inner else [Statement(sql=one.text, sort=_sort(one.kind))]
    return found


def _numbered(text: str) -> str:
    """`text` with a driver's placeholders as `$1`, `$2`, …; the same name gets the same number."""
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        if match.lastgroup != "placeholder":
            return match.group()
        name = match.group()
        named = len(name) > 1 and name != "%s"
        return f"${names.setdefault(name if named else f'{name}{len(names)}', len(names) + 1)}"

    return _PLACEHOLDER.sub(number, text)


def blocks(text: str) -> list[tuple[str, str]]:
    """The text as blocks in order: `words` (a paragraph or a list item), `plan`, and SQL as `read` or `change`."""
    found: list[tuple[str, str]] = []
    position = 0
    for fence in _FENCE.finditer(text):
        found += _loose(text[position : fence.start()])
        if content := fence.group(3).strip():
            found.append((_kind(content, fence.group(2).lower() in _SQL_TAGS), content))
        position = fence.end()
    return found + _loose(text[position:])


def _kind(content: str, says_sql: bool) -> str:
    if _PLAN.search(content):
        return "plan"
    if not says_sql and not _START.match(content):
        return "words"
    return _kind_of_sql(content)


def _kind_of_sql(content: str) -> str:
    return "change" if any(one.sort is Sort.CHANGE for one in statements(content)) else "read"


def _loose(text: str) -> list[tuple[str, str]]:
    """Blocks of a stretch without fences: paragraphs, numbered items, a plan and bare SQL."""
    if _PLAN.search(text):
        lines = text.splitlines()
        plan = "\n".join(line for line in lines if _PLAN_LINE.search(line))
        return [*_loose("\n".join(line for line in lines if not _PLAN_LINE.search(line))), ("plan", plan)]
    found: list[tuple[str, str]] = []
    position = 0
    while (start := _START.search(text, position)) is not None:
        taken = _statement_at(text, start.start())
        if taken is None:
            position = start.end()
            continue
        found += [*_paragraphs(text[: start.start()]), (_kind_of_sql(taken), taken)]
        text, position = _AFTER.sub("", text[start.start() + len(taken) :], count=1), 0
    if (misspelt := _MISSPELT.search(text)) is not None:
        before, after = text[: misspelt.start()], text[misspelt.end() :]
        return [*found, *_paragraphs(before), ("read", misspelt.group()), *_paragraphs(after)]
    return found + _paragraphs(text)


def _paragraphs(text: str) -> list[tuple[str, str]]:
    pieces = [piece for paragraph in _BLANK.split(text) for piece in _NUMBERED.split(paragraph)]
    return [("words", piece.strip()) for piece in pieces if piece.strip(" \t\n`;")]


def _statement_at(text: str, start: int) -> str | None:
    """The statement that begins at `start`: to `;` or a blank line, shortened at sentence ends until it parses.

    One that looks like SQL but never parses is taken whole, so that its author hears what is wrong with it.
    """
    whole = text[start : _end(text, start)].rstrip()
    cuts = [match.start() for match in _CUT.finditer(whole)][-_TRIES:]
    for cut in [len(whole), *reversed(cuts)]:
        candidate = whole[:cut].rstrip()
        if " " in candidate and statements(candidate)[0].sort is not Sort.BROKEN:
            return candidate
    if (shorter := _before_the_error(whole)) is not None:
        return shorter
    if len(whole) > _LONG:
        return whole
    meant = whole[:6].isupper() or text[:start].rstrip(" \t").endswith(("\n", ":", "`")) or not text[:start].strip()
    return whole if meant and _LOOKS_LIKE_SQL.match(whole) else None


def _end(text: str, start: int) -> int:
    """Where the statement that begins at `start` ends at the latest: at the first end that stands in no quotes.

    A quotation mark that opens nothing (an apostrophe) is none: the first end of all counts when what follows is no SQL.
    """
    first = _END.search(text, start)
    if first is None:
        return len(text)
    position = start
    for quoted in _QUOTED.finditer(text, start):
        end = _END.search(text, position, quoted.start())
        if end is not None:
            break
        position = quoted.end()
    else:
        end = _END.search(text, position)
    last = end.start() if end else len(text)
    return last if statements(text[start:last])[0].sort is not Sort.BROKEN else first.start()


def _before_the_error(text: str) -> str | None:
    """The text up to where the parser stumbled, when that is a statement and words follow it ("… LIMIT 5 takes ages")."""
    place = _PLACE.search(statements(text)[0].problem)
    if place is None:
        return None
    line, column = int(place.group(1)), int(place.group(2))
    lines = text.split("\n")
    candidate = "\n".join([*lines[: line - 1], lines[line - 1][: column - 1]]).rstrip()
    for _ in range(_WORDS_TAKEN):
        words = re.match(r"\s*[a-z]+\b", text[len(candidate) :])
        good = words is not None and " " in candidate and statements(candidate)[0].sort is not Sort.BROKEN
        if good and _LOOKS_LIKE_SQL.match(candidate):
            return candidate
        candidate = candidate[: -len(candidate.split()[-1])].rstrip() if candidate.split() else ""
    return None


def _sort(kind: str) -> Sort:
    if kind in _READS:
        return Sort.READ
    if kind in _WRITES:
        return Sort.WRITE
    return Sort.OTHER if kind in _OTHER else Sort.CHANGE
