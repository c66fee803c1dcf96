"""A table renamed under a running application: the old name stays as a view until nobody uses it."""

from pglast import ast
from pglast.enums import ObjectType

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.step import ident
from tools.postgres.rehearsal.script import Statement


def steps(case: Case, statement: Statement) -> list[str] | None:
    """A view on one table takes INSERT, UPDATE and DELETE. Source: CREATE VIEW, updatable views."""
    node = statement.node
    if not isinstance(node, ast.RenameStmt) or node.renameType != ObjectType.OBJECT_TABLE or node.relation is None:
        return None
    table = case.table(node.relation)
    if case.new(table) or f"table {table}" not in case.trial.before.catalogue:
        return None
    new = QualifiedName(table.schema, str(node.newname))
    return [
        "BEGIN",
        f"ALTER TABLE {table} RENAME TO {ident(new.name)}",
        f"CREATE VIEW {table} WITH (security_invoker = true) AS SELECT * FROM {new}",
        "COMMIT",
        f"-- Now deploy the code that uses the new name.\nDROP VIEW {table}",
    ]
