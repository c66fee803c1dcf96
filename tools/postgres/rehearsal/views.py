"""A view as it was, said again: definition, options, owner, privileges and comments."""

import re
from collections.abc import Iterator

from psycopg import sql

from tools.postgres.channel import Row
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.snapshot import Snapshot

_ITEM = re.compile(r'^(?P<grantee>"(?:[^"]|"")*"|[^=]*)=(?P<rights>[A-Za-z*]*)/')
_RIGHTS = {
    "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE", "x": "REFERENCES", "t": "TRIGGER",
    "m": "MAINTAIN",
}  # fmt: skip
"""The letters of an aclitem (PostgreSQL documentation, table 5.1, ACL privilege abbreviations)."""


def view_again(name: str, before: Snapshot) -> list[str] | None:
    """The statements that make the view `name` (quoted) as it was; None when it was not there."""
    was = before.catalogue.get(f"view {name}")
    if was is None:
        return None
    owner = str(QualifiedName("x", was["owner"])).removeprefix("x.")
    lines = [f"CREATE VIEW {definition(name, was)}", f"ALTER VIEW {name} OWNER TO {owner}"]
    lines += _grants(name, owner, was["privileges"] or [])
    for key, fact in before.catalogue.items():
        for kind, word, mine in (("view ", "VIEW", key == f"comment on view {name}"),
                                 ("view column ", "COLUMN", key.startswith(f"comment on view column {name}."))):  # fmt: skip
            if mine:
                target = key.removeprefix(f"comment on {kind}")
                lines.append(f"COMMENT ON {word} {target} IS {sql.Literal(fact['text']).as_string()}")
    return lines


def definition(name: str, was: Row) -> str:
    """What stands after CREATE VIEW for a view with these facts."""
    options = f" WITH ({', '.join(was['options'])})" if was["options"] else ""
    return f"{name}{options} AS {was['definition'].rstrip(';')}"


def _grants(name: str, owner: str, privileges: list[str]) -> Iterator[str]:
    for item in privileges:
        found = _ITEM.match(item)
        if found is None or found["grantee"] == owner:
            continue
        to = found["grantee"] or "PUBLIC"
        rights = re.findall(r"([A-Za-z])(\*?)", found["rights"])
        for star, tail in (("", ""), ("*", " WITH GRANT OPTION")):
            words = [_RIGHTS[letter] for letter, mark in rights if mark == star and letter in _RIGHTS]
            if words:
                yield f"GRANT {', '.join(words)} ON {name} TO {to}{tail}"
