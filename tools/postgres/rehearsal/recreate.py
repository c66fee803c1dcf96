"""Objects that a migration dropped, said again as they were."""

from collections.abc import Callable, Iterator
from typing import Any

from pglast import ast
from pglast.enums import ObjectType

from tools.postgres.rehearsal.found import Found, Underivable, dotted, quote


def dropped(node: Any, found: Found) -> Iterator[str]:
    """The statements that make again what a DROP took; Underivable for what had rows."""
    again = _AGAIN.get(node.removeType)
    if again is None:
        raise Underivable("drops something with its data; only a backup has it")
    for item in node.objects or ():
        yield from again(item, node, found)


def definition(name: str, was: dict[str, Any]) -> str:
    """What stands after CREATE VIEW for a view with these facts."""
    options = f" WITH ({', '.join(was['options'])})" if was["options"] else ""
    return f"{name}{options} AS {was['definition'].rstrip(';')}"


def _index_again(item: Any, node: ast.DropStmt, found: Found) -> Iterator[str]:
    was = found.before.get(f"index {found.find('index ', dotted(item))}")
    if was is None:
        yield from _absent(node)
        return
    yield was["definition"].replace("INDEX ", f"INDEX {'CONCURRENTLY ' if node.concurrent else ''}", 1)


def _view_again(item: Any, node: ast.DropStmt, found: Found) -> Iterator[str]:
    name = found.find("view ", dotted(item))
    if name is None:
        yield from _absent(node)
        return
    yield f"CREATE VIEW {definition(name, found.before[f'view {name}'])}"


def _materialised_again(item: Any, node: ast.DropStmt, found: Found) -> Iterator[str]:
    name = found.find("materialised view ", dotted(item))
    if name is None:
        yield from _absent(node)
        return
    yield f"CREATE MATERIALIZED VIEW {definition(name, found.before[f'materialised view {name}'])}"
    for key, fact in found.before.items():
        if key.startswith("index ") and fact["table"] == name:
            yield fact["definition"]


def _function_again(item: Any, node: ast.DropStmt, found: Found) -> Iterator[str]:
    tail = dotted(item.objname)
    gone = [
        key for key in found.before
        if key.startswith("function ") and key not in found.after
        and f".{key.removeprefix('function ').partition('(')[0]}".endswith(f".{tail}")
    ]  # fmt: skip
    for key in gone:
        yield str(found.before[key]["definition"]).rstrip()


def _trigger_again(item: Any, node: ast.DropStmt, found: Found) -> Iterator[str]:
    *table, name = [quote(part.sval) for part in item]
    tail = ".".join(table)
    for key, fact in found.before.items():
        on = key.rpartition(" on ")[2]
        if key.startswith(f"trigger {name} on ") and (on == tail or on.endswith(f".{tail}")):
            yield fact["definition"]


def _policy_again(item: Any, node: ast.DropStmt, found: Found) -> Iterator[str]:
    *table, name = [quote(part.sval) for part in item]
    tail = ".".join(table)
    commands = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
    for key, fact in found.before.items():
        on = key.rpartition(" on ")[2]
        if key.startswith(f"policy {name} on ") and (on == tail or on.endswith(f".{tail}")):
            kind = "PERMISSIVE" if fact["permissive"] else "RESTRICTIVE"
            to = ", ".join(quote(role) for role in fact["roles"] or ()) or "PUBLIC"
            to = to.replace(quote("unknown (OID=0)"), "PUBLIC")
            using = f" USING ({fact['using']})" if fact["using"] else ""
            check = f" WITH CHECK ({fact['check']})" if fact["check"] else ""
            yield f"CREATE POLICY {name} ON {on} AS {kind} FOR {commands[fact['command']]} TO {to}{using}{check}"


def _statistics_again(item: Any, node: ast.DropStmt, found: Found) -> Iterator[str]:
    was = found.before.get(f"statistics {found.find('statistics ', dotted(item))}")
    if was is not None:
        yield was["definition"]


def _absent(node: ast.DropStmt) -> list[str]:
    """An object that was not there before: IF EXISTS, or it was made by the migration itself."""
    if not node.missing_ok:
        raise Underivable("drops what the migration itself made")
    return []


_AGAIN: dict[ObjectType, Callable[[Any, ast.DropStmt, Found], Iterator[str]]] = {
    ObjectType.OBJECT_INDEX: _index_again, ObjectType.OBJECT_VIEW: _view_again,
    ObjectType.OBJECT_MATVIEW: _materialised_again, ObjectType.OBJECT_FUNCTION: _function_again,
    ObjectType.OBJECT_PROCEDURE: _function_again, ObjectType.OBJECT_TRIGGER: _trigger_again,
    ObjectType.OBJECT_POLICY: _policy_again, ObjectType.OBJECT_STATISTIC_EXT: _statistics_again,
}  # fmt: skip
