"""Relations that a migration names only inside of bodies: DO blocks, functions that it makes, functions that it calls."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pglast import ast

from common.queries import query
from tools.postgres.connection import Session
from tools.postgres.rehearsal.script import Statement, walk

_HERE = "tools.postgres.rehearsal"
_WORD = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_DOTTED = re.compile(rf"{_WORD}(?:\s*\.\s*{_WORD})*")
_WORDS = re.compile(_WORD)
_DEPTH = 5
"""Functions that functions call are followed so far."""

Written = tuple[str | None, str]


async def written_in_bodies(session: Session, statements: Sequence[Statement]) -> list[Written]:
    """What may be a relation's name in the bodies that these statements hold or call: (schema or None, name).

    Every word counts, also in strings, which EXECUTE may run: whoever asks keeps those that exist.
    """
    bodies = [each.sql for each in statements if isinstance(each.node, ast.DoStmt | ast.CreateFunctionStmt)]
    written = {name for body in bodies for name in _names(body)}
    called = {name for each in statements for name in _called(each)} | {name for _, name in written}
    known: set[str] = set()
    for _ in range(_DEPTH):
        fresh = called - known
        if not fresh:
            break
        known |= fresh
        found = await session.rows(query(_HERE, "called"), {"names": sorted(fresh)})
        more = {name for row in found for name in _names(row["source"])}
        written |= more
        called = {name for _, name in more}
    return sorted(written, key=lambda each: (each[0] or "", each[1]))


def _called(statement: Statement) -> Iterator[str]:
    for node in walk(statement.node):
        if isinstance(node, ast.FuncCall | ast.CreateTrigStmt) and node.funcname:
            yield str(node.funcname[-1].sval)


def _names(body: str) -> Iterator[Written]:
    for chain in _DOTTED.finditer(body):
        words = [_folded(word) for word in _WORDS.findall(chain[0])]
        yield None, words[0]
        yield from pairwise(words)


def _folded(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word.lower()
