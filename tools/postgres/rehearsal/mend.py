"""What a way back leaves changed that can be said again word for word: comments, rights, owners, defaults, targets."""

import re
from collections.abc import Iterator, Sequence

from psycopg import sql

from tools.postgres.channel import Row
from tools.postgres.rehearsal.snapshot import Snapshot

_ITEM = re.compile(r'^(?P<grantee>"(?:[^"]|"")*"|[^=]*)=(?P<rights>[A-Za-z*]*)/')
_RIGHTS = {
    "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE", "x": "REFERENCES", "t": "TRIGGER",
    "m": "MAINTAIN", "U": "USAGE", "C": "CREATE", "X": "EXECUTE",
}  # fmt: skip
"""The letters of an aclitem (PostgreSQL documentation, table 5.1, ACL privilege abbreviations)."""
_KINDS = {
    "table": "TABLE", "view": "TABLE", "materialised view": "TABLE", "sequence": "SEQUENCE", "function": "ROUTINE",
    "schema": "SCHEMA",
}  # fmt: skip
_OWNED = {
    **_KINDS,
    "view": "VIEW",
    "materialised view": "MATERIALIZED VIEW",
    "type": "TYPE",
    "statistics": "STATISTICS",
}
_COMMENTED = {
    "table column": "COLUMN", "view column": "COLUMN", "materialized view column": "COLUMN",
    "composite type column": "COLUMN", "table constraint": "CONSTRAINT", "statistics object": "STATISTICS",
    "materialized view": "MATERIALIZED VIEW", "table": "TABLE", "view": "VIEW", "index": "INDEX", "sequence": "SEQUENCE",
    "schema": "SCHEMA", "function": "FUNCTION", "procedure": "PROCEDURE", "type": "TYPE", "trigger": "TRIGGER",
    "policy": "POLICY", "rule": "RULE",
}  # fmt: skip
"""pg_identify_object's kinds as COMMENT ON writes them, those that begin alike the longer first."""
_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}
_FIRES = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def mend(before: Snapshot, now: Snapshot) -> list[str]:
    """Statements that make such facts of `now` what they were in `before`; what else differs is left as it is."""
    lines: list[str] = []
    for name in sorted(before.catalogue.keys() | now.catalogue.keys()):
        was, is_ = before.catalogue.get(name), now.catalogue.get(name)
        if was == is_:
            continue
        if name.startswith("comment on "):
            lines += _comment(name.removeprefix("comment on "), was, before, now)
        elif was is not None and is_ is not None:
            kind, _, rest = name.partition(" ")
            if name.startswith("materialised view "):
                kind, rest = "materialised view", name.removeprefix("materialised view ")
            lines += _facts(kind, rest, was, is_)
    return lines


def _comment(what: str, was: Row | None, before: Snapshot, now: Snapshot) -> Iterator[str]:
    for kind, word in _COMMENTED.items():
        if what.startswith(f"{kind} "):
            target = what.removeprefix(f"{kind} ")
            shown = (
                kind.replace("table column", "column")
                .replace("view column", "column")
                .replace("table constraint", "constraint")
            )
            key = f"{shown} {target}".replace("materialized view", "materialised view")
            gone = key not in now.catalogue and key in before.catalogue
            if not gone:
                if kind == "table constraint":
                    target = target.replace(" on ", " ON ", 1)
                text = sql.Literal(was["text"]).as_string() if was is not None else "NULL"
                yield f"COMMENT ON {word} {target} IS {text}"
            return


def _facts(kind: str, name: str, was: Row, is_: Row) -> Iterator[str]:
    if kind in _OWNED and was.get("owner") != is_.get("owner"):
        yield f"ALTER {_OWNED[kind]} {name} OWNER TO {_role(was['owner'])}"
    if kind in _KINDS and was.get("privileges") != is_.get("privileges"):
        yield from rights(f"{_KINDS[kind]} {name}", was["privileges"], is_["privileges"])
    if kind == "table" and was["options"] != is_["options"]:
        yield from _options(f"ALTER TABLE {name}", was["options"], is_["options"])
    if kind == "column":
        yield from _column(name, was, is_)
    if kind == "trigger" and was["enabled"] != is_["enabled"]:
        trigger, _, table = name.rpartition(" on ")
        yield f"ALTER TABLE {table} {_FIRES[was['enabled']]} TRIGGER {trigger}"
    if kind == "index" and was["clustered"] and not is_["clustered"]:
        yield f"ALTER TABLE {was['table']} CLUSTER ON {name.rpartition('.')[2]}"
    if kind == "index" and was["options"] != is_["options"]:
        yield from _options(f"ALTER INDEX {name}", was["options"], is_["options"])
    if kind == "index" and was["statistics targets"] != is_["statistics targets"]:
        for place, (old, new) in enumerate(zip(was["statistics targets"], is_["statistics targets"], strict=False), 1):
            if old != new:
                yield f"ALTER INDEX {name} ALTER COLUMN {place} SET STATISTICS {-1 if old is None else old}"
    if kind == "statistics" and was["target"] != is_["target"]:
        yield f"ALTER STATISTICS {name} SET STATISTICS {-1 if was['target'] is None else was['target']}"


def _column(name: str, was: Row, is_: Row) -> Iterator[str]:
    table, column = _split(name)
    alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
    if was["default"] != is_["default"] and not was["generated"] and was["type"] == is_["type"]:
        yield f"{alter} DROP DEFAULT" if was["default"] is None else f"{alter} SET DEFAULT {was['default']}"
    if was["statistics target"] != is_["statistics target"]:
        yield f"{alter} SET STATISTICS {-1 if was['statistics target'] is None else was['statistics target']}"
    if was["storage"] != is_["storage"] and was["type"] == is_["type"]:
        yield f"{alter} SET STORAGE {_STORAGE[was['storage']]}"
    if was["compression"] != is_["compression"]:
        yield f"{alter} SET COMPRESSION {({'p': 'pglz', 'l': 'lz4'}).get(was['compression'], 'default')}"
    if was["options"] != is_["options"]:
        yield from _options(alter, was["options"], is_["options"])
    if was["privileges"] != is_["privileges"]:
        yield from rights(f"TABLE {table}", was["privileges"], is_["privileges"], column)


def rights(target: str, was: Sequence[str] | None, is_: Sequence[str] | None, column: str = "") -> Iterator[str]:
    """REVOKE and GRANT that lead from one list of aclitems to another; `column`: of that column only."""
    old, new = _granted(was or ()), _granted(is_ or ())
    of = f" ({column})" if column else ""
    for grantee in sorted(old.keys() | new.keys()):
        had, has = old.get(grantee, {}), new.get(grantee, {})
        extra = [right for right in has if right not in had or (has[right] and not had[right])]
        if extra:
            yield f"REVOKE {', '.join(right + of for right in extra)} ON {target} FROM {grantee}"
        for option in (False, True):
            lost = [
                right for right, star in had.items()
                if star is option and (right not in has or right in extra or has[right] != star)
            ]  # fmt: skip
            if lost:
                tail = " WITH GRANT OPTION" if option else ""
                yield f"GRANT {', '.join(right + of for right in lost)} ON {target} TO {grantee}{tail}"


def _granted(items: Sequence[str]) -> dict[str, dict[str, bool]]:
    """Rights by grantee, each with whether it may be passed on."""
    found: dict[str, dict[str, bool]] = {}
    for item in items:
        parts = _ITEM.match(item)
        if parts is not None:
            letters = re.findall(r"([A-Za-z])(\*?)", parts["rights"])
            found[parts["grantee"] or "PUBLIC"] = {
                _RIGHTS[each]: bool(star) for each, star in letters if each in _RIGHTS
            }
    return found


def _options(alter: str, was: Sequence[str] | None, is_: Sequence[str] | None) -> Iterator[str]:
    old, new = (dict(each.split("=", 1) for each in options or ()) for options in (was, is_))
    changed = [f"{name} = {sql.Literal(value).as_string()}" for name, value in old.items() if new.get(name) != value]
    if changed:
        yield f"{alter} SET ({', '.join(changed)})"
    if new.keys() - old.keys():
        yield f"{alter} RESET ({', '.join(sorted(new.keys() - old.keys()))})"


def _split(name: str) -> tuple[str, str]:
    """schema.table and column of a quoted name."""
    parts = re.findall(r'"(?:[^"]|"")*"|[^.]+', name)
    return ".".join(parts[:-1]), parts[-1]


def _role(name: str) -> str:
    return sql.Identifier(name).as_string()
