"""Names of relations, as people write them and as PostgreSQL quotes them."""

import re
from dataclasses import dataclass

from psycopg import sql

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
    return word if _PLAIN.match(word) else '"' + word.replace('"', '""') + '"'
