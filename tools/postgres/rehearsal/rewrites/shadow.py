"""A column replaced by another that is kept the same by a trigger, filled in batches and swapped in at once."""

import re
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, ObjectType
from pglast.stream import RawStream

from common.queries import query
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.batches import batches
from tools.postgres.rehearsal.rewrites.column import Hangs, hanging, of_new
from tools.postgres.rehearsal.rewrites.not_null import not_null
from tools.postgres.rehearsal.rewrites.step import No, ident, short
from tools.postgres.rehearsal.script import Statement

_ITEM = re.compile(r'^(?P<to>"(?:[^"]|"")*"|[^=]*)=(?P<rights>[A-Za-z*]*)/')
_RIGHTS = {"r": "SELECT", "w": "UPDATE", "U": "USAGE"}
"""The letters of a sequence's aclitem (PostgreSQL documentation, table 5.1)."""
_HERE = "tools.postgres.rehearsal.rewrites"


def column_type(case: Case, table: QualifiedName, command: Any, number: int) -> list[str] | No | None:
    """ALTER COLUMN … TYPE that writes the table anew; one that does not is left as it is."""
    if command.subtype != AlterTableType.AT_AlterColumnType:
        return None
    step = next((each for each in case.trial.steps if each.number == number), None)
    if step is None or (step.error is None and table not in step.rewritten):
        return None
    key = f"column {table}.{ident(command.name)}"
    before, after = case.trial.before.catalogue.get(key), case.trial.after.catalogue.get(key)
    if before is None or after is None:
        return None
    if step.error is not None:
        return No(f"it fails as it is: {step.error}")
    old, new = str(command.name), short(f"{command.name}_next")
    using = command.def_.raw_default
    value = str(RawStream()(using)) if using is not None else f"{ident(old)}::{after['type']}"
    seen = of_new(using) if using is not None else f"NEW.{ident(old)}::{after['type']}"
    follow = _filled(query(_HERE, "follow"), function=_function(table, old), new=ident(new), value=seen)
    return _replaced(case, table, number, old, new, old, after, value, follow, "")


def rename_column(case: Case, statement: Statement) -> list[str] | No | None:
    """RENAME COLUMN under a running application: both names live side by side until the old code is gone."""
    node = statement.node
    if not isinstance(node, ast.RenameStmt) or node.renameType != ObjectType.OBJECT_COLUMN or node.relation is None:
        return None
    table = case.table(node.relation)
    old, new = str(node.subname), str(node.newname)
    before = case.trial.before.catalogue.get(f"column {table}.{ident(old)}")
    after = case.trial.after.catalogue.get(f"column {table}.{ident(new)}")
    if case.new(table) or before is None or after is None or f"table {table}" not in case.trial.before.catalogue:
        return None
    if before["identity"] or "nextval" in (before["default"] or ""):
        return No(
            f"{old} is numbered by a sequence, and two columns cannot share it: deploy code that knows both names"
        )
    if "(" in (before["default"] or ""):
        return No(
            f"the default of {old} may differ from call to call, so that nobody can tell which of both was written"
        )
    both = _filled(
        query(_HERE, "both"), function=_function(table, old), old=ident(old), new=ident(new),
        empty=before["default"] or "NULL",
    )  # fmt: skip
    wait = f"-- Now deploy the code that uses {new}. The old name goes when nobody uses it any more:\n"
    return _replaced(case, table, statement.number, old, new, new, after, ident(old), both, wait)


def _replaced(
    case: Case, table: QualifiedName, number: int, old: str, new: str, final: str, fact: Any, value: str, trigger: str,
    wait: str,
) -> list[str] | No:  # fmt: skip
    hangs = hanging(case, table, old, new, final)
    if isinstance(hangs, No):
        return hangs
    numbered = _numbering(case, table, old, final, fact)
    if isinstance(numbered, No):
        return numbered
    filled = batches(
        case, table, number,
        lambda where: f"UPDATE {table} SET {ident(new)} = {value} WHERE {ident(new)} IS DISTINCT FROM {value} AND {where}",
    )  # fmt: skip
    if isinstance(filled, No):
        return filled
    function, name = _function(table, old), ident(f"zz_{old}_follows")
    alter = f"ALTER TABLE {table}"
    plain = fact["collation"] in ("-", '"default"', "pg_catalog.default", 'pg_catalog."default"', "default")
    steps = [f"{alter} ADD COLUMN {ident(new)} {fact['type']}" + ("" if plain else f" COLLATE {fact['collation']}")]
    if wait and fact["default"] is not None:
        steps[0] += f" DEFAULT {fact['default']}"
    if fact["statistics target"] not in (None, -1):
        steps.append(f"{alter} ALTER COLUMN {ident(new)} SET STATISTICS {fact['statistics target']}")
    steps += [
        trigger.strip(),
        f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        *filled,
        *(not_null(table, new) if fact["not null"] else []),
        *hangs.build,
        f"ANALYZE {table}",
        f"{wait}BEGIN",
        f"DROP TRIGGER {name} ON {table}",
        f"DROP FUNCTION {function}()",
        *hangs.release,
        *numbered.release,
        f"{alter} DROP COLUMN {ident(old)}",
        *([f"{alter} RENAME COLUMN {ident(new)} TO {ident(final)}"] if new != final else []),
        *hangs.swap,
        *numbered.swap,
        "COMMIT",
        *hangs.after,
    ]
    return steps


def _numbering(case: Case, table: QualifiedName, old: str, final: str, fact: Any) -> Hangs | No:
    """The default, or the sequence of a serial or identity column, carried over with what it has given out."""
    hangs = Hangs()
    alter = f"ALTER TABLE {table} ALTER COLUMN {ident(final)}"
    owned = {
        name.removeprefix("numbering of "): after
        for name, after in case.trial.after.catalogue.items()
        if name.startswith("numbering of ") and (after["owned by"] or "").startswith(f"{table}.")
    }
    if fact["identity"]:
        mine = [name for name in owned if _is_of(name, table, old, final)]
        if len(mine) != 1:
            return No(f"which sequence numbers {table}.{old} could not be told")
        sequence = owned[mine[0]]
        how = "ALWAYS" if fact["identity"] == "a" else "BY DEFAULT"
        cycle = " CYCLE" if sequence["cycle"] else ""
        hangs.release.append(
            f"SELECT set_config('dbcrew.given_out', last_value || ',' || is_called, true) FROM {mine[0]}"
        )
        hangs.swap += [
            f"{alter} ADD GENERATED {how} AS IDENTITY (SEQUENCE NAME {mine[0]} INCREMENT BY {sequence['by']} MINVALUE"
            f" {sequence['least']} MAXVALUE {sequence['most']} START WITH {sequence['start']} CACHE {sequence['cache']}{cycle})",
            f"SELECT setval('{mine[0]}', split_part(current_setting('dbcrew.given_out'), ',', 1)::bigint,"
            " split_part(current_setting('dbcrew.given_out'), ',', 2)::boolean)",
            *_granted(case, mine[0]),
        ]
    elif fact["default"] is not None:
        called = re.match(r"nextval\('(.+)'::regclass\)", fact["default"])
        if called and called[1] in owned:
            hangs.release.append(f"ALTER SEQUENCE {called[1]} OWNED BY NONE")
            hangs.swap.append(f"ALTER SEQUENCE {called[1]} OWNED BY {table}.{ident(final)}")
        hangs.swap.append(f"{alter} SET DEFAULT {fact['default']}")
    return hangs


def _granted(case: Case, sequence: str) -> list[str]:
    """What others may do with a sequence, granted again."""
    fact = case.trial.after.catalogue.get(f"sequence {sequence}") or {"owner": "", "privileges": ()}
    lines: list[str] = []
    for item in fact["privileges"] or ():
        found = _ITEM.match(item)
        if found is None or found["to"].strip('"') == fact["owner"]:
            continue
        for mark, tail in (("", ""), ("*", " WITH GRANT OPTION")):
            rights = [
                word
                for letter, word in _RIGHTS.items()
                if re.search(f"{letter}{re.escape(mark)}(?![*])", found["rights"])
            ]
            if rights:
                lines.append(f"GRANT {', '.join(rights)} ON SEQUENCE {sequence} TO {found['to'] or 'PUBLIC'}{tail}")
    return lines


def _is_of(sequence: str, table: QualifiedName, old: str, final: str) -> bool:
    """Whether a sequence has the name that PostgreSQL gives to the one of an identity column."""
    name = sequence.rpartition(".")[2].strip('"')
    return name in {short(f"{table.name}_{each}_seq") for each in (old, final)}


def _function(table: QualifiedName, column: str) -> str:
    return str(QualifiedName(table.schema, short(f"{table.name}_{column}_follows")))


def _filled(text: str, **parts: str) -> str:
    for name, value in parts.items():
        text = text.replace("{" + name + "}", value)
    return text
