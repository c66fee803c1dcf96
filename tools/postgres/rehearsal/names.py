"""Names of relations, as people write them and as PostgreSQL quotes them."""

import re
from dataclasses import dataclass

from pglast.keywords import COL_NAME_KEYWORDS, RESERVED_KEYWORDS, TYPE_FUNC_NAME_KEYWORDS
from psycopg import sql

_KEYWORDS = frozenset(COL_NAME_KEYWORDS) | frozenset(RESERVED_KEYWORDS) | frozenset(TYPE_FUNC_NAME_KEYWORDS)
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


@dataclass(frozen=True, order=True)
class QualifiedName:
    """The schema and name of a relation, unquoted."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{_shown(self.schema)}.{_shown(self.name)}"

    @property
    def identifier(self) -> sql.Identifier:
        """Quoted for a statement."""
        return sql.Identifier(self.schema, self.name)


def _shown(word: str) -> str:
    """As PostgreSQL's quote_ident does it."""
    return word if _PLAIN.match(word) and word not in _KEYWORDS else '"' + word.replace('"', '""') + '"'
