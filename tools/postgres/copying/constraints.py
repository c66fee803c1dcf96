"""CHECK constraints while values that were not checked come in: lifted before, put back after, and told when broken."""

import re
from collections.abc import Sequence

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from common.queries import query
from tools.postgres.channel import Row
from tools.postgres.rehearsal.names import QualifiedName

_HERE = "tools.postgres.copying"
_CHECK = re.compile(r"CHECK (\(.*\))( NO INHERIT)?( NOT VALID)?( NOT ENFORCED)?\Z", re.S)


async def lift(keeper: psycopg.AsyncConnection, columns: Sequence[tuple[QualifiedName, str]]) -> list[Row]:
    """Drop the constraints upon these columns of the copy; what `put_back` needs to make them again."""
    if not columns:
        return []
    async with keeper.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            query(_HERE, "checks"),
            {
                "schemas": [table.schema for table, _ in columns],
                "tables": [table.name for table, _ in columns],
                "columns": [name for _, name in columns],
            },
        )
        found = await cursor.fetchall()
    for each in found:
        await keeper.execute(_alter(each, sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(each["name"]))))
    return found


async def put_back(keeper: psycopg.AsyncConnection, lifted: Sequence[Row]) -> list[str]:
    """Make the constraints again; one line for each that the new values break, which then lets all pass."""
    broken: list[str] = []
    for each in lifted:
        add = sql.SQL("ADD CONSTRAINT {} {}").format(sql.Identifier(each["name"]), sql.SQL(each["definition"]))
        try:
            await keeper.execute(_alter(each, add))
        except (psycopg.errors.CheckViolation, psycopg.errors.FeatureNotSupported) as error:
            # NOT VALID would still refuse every row that is changed from now on. Where a domain stands in arrays or
            # composite types, PostgreSQL checks no rows at all, and adds nothing but what is NOT VALID.
            unseen = " NOT VALID" if isinstance(error, psycopg.errors.FeatureNotSupported) else ""
            held = _CHECK.sub(r"CHECK (true OR \1)\2", each["definition"]) + unseen
            await keeper.execute(
                _alter(each, sql.SQL("ADD CONSTRAINT {} {}").format(sql.Identifier(each["name"]), sql.SQL(held)))
            )
            broken.append(
                f"CHECK {each['name']} of {each['object']}: values that are not the live server's"
                f" {'cannot be checked against it' if unseen else 'do not meet it'},"
                " it lets everything pass on the copy"
            )
        if each["comment"]:
            name, kind = sql.Identifier(each["name"]), "DOMAIN " if each["of"] == "DOMAIN" else ""
            await keeper.execute(
                sql.SQL("COMMENT ON CONSTRAINT {} ON {}{} IS {}").format(
                    name, sql.SQL(kind), sql.SQL(each["object"]), sql.Literal(each["comment"])
                )
            )
    return broken


async def without_expressions(keeper: psycopg.AsyncConnection, table: QualifiedName) -> list[str]:
    """Make generated columns plain ones, which stay empty; their names."""
    rows = await keeper.execute(query(_HERE, "computed"), {"table": str(table.identifier.as_string())})
    names = [str(row[0]) for row in await rows.fetchall()]
    for name in names:
        await keeper.execute(
            sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP EXPRESSION, ALTER COLUMN {} DROP NOT NULL").format(
                table.identifier, sql.Identifier(name), sql.Identifier(name)
            )
        )
    return names


def _alter(each: Row, change: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER {} {} {}").format(sql.SQL(each["of"]), sql.SQL(each["object"]), change)
