"""Values that statements were seen with while this looked: what pg_stat_activity shows of running and last statements."""

from collections.abc import Sequence

from pglast.parser import ParseError, scan

from common.errors import MalformedSql
from common.queries import query
from tools.postgres.advise.values import Seen
from tools.postgres.connection import Session
from tools.postgres.statements import fingerprint

_HIDDEN = "<insufficient privilege>"
_CONSTANTS = frozenset({"SCONST", "ICONST", "FCONST", "BCONST", "XCONST", "USCONST", "TRUE_P", "FALSE_P"})
_SIGN = "ASCII_45"


class Observed:
    """Statements with their constants, by what kind of statement they are."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.hidden = _HIDDEN in texts
        """Whether the server kept statements of other roles from this one."""
        self._by_kind: dict[str, str] = {}
        for text in texts:
            try:
                self._by_kind.setdefault(fingerprint(text), text)
            except MalformedSql:  # cut off at track_activity_query_size, or hidden
                continue

    @classmethod
    async def now(cls, session: Session) -> "Observed":
        """What the server's sessions run or ran last, the newest first."""
        return cls([row["text"] for row in await session.rows(query(__package__ or "", "activity"))])

    def seen(self, text: str) -> Seen | None:
        """The values that the statement `text` was seen with; None when it was not, or only with parameters."""
        try:
            other = self._by_kind.get(fingerprint(text))
        except MalformedSql:
            return None
        values = constants(text, other) if other else {}
        return Seen(values, "seen in pg_stat_activity") if values else None


def constants(text: str, other: str) -> dict[str, str]:
    """What stands in `other` where `text`, the same statement, has parameters, as SQL. NULL is not taken.

    Empty when they differ in more, as lists of other lengths do.
    """
    try:
        mine, its = [
            [(t.name, s[t.start : t.end + 1]) for t in scan(s) if "COMMENT" not in t.name] for s in (text, other)
        ]
    except ParseError:
        return {}
    found: dict[str, str] = {}
    at = 0
    for kind, word in mine:
        if at >= len(its):
            return {}
        if kind == "PARAM":
            sign = its[at][1] if its[at][0] == _SIGN else ""
            at += bool(sign)
            if (
                at >= len(its)
                or its[at][0] not in _CONSTANTS
                or found.get(word, sign + its[at][1]) != sign + its[at][1]
            ):
                return {}
            found[word] = sign + its[at][1]
        elif word.lower() != its[at][1].lower():
            return {}
        at += 1
    ended = at == len(its) or [word for _, word in its[at:]] == [";"]
    return found if ended else {}
