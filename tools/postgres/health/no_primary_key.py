"""A table whose rows cannot be told apart."""

from common.findings import Severity
from tools.postgres.connection import Row
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

FEW_ROWS = 1_000


async def look(view: View) -> Outcome:
    """High when it is published (UPDATE and DELETE fail there), medium from 1,000 rows on, else low."""
    found = []
    for row in await view.own("no_primary_key"):
        few = Severity.LOW if row["row_count"] < FEW_ROWS else Severity.MEDIUM
        facts = {name: row[name] for name in ("object", "row_count", "published")}
        found.append(CHECK.finding(Severity.HIGH if row["published"] else few, facts, remedy=remedy(row)))
    return found


def remedy(row: Row) -> str:
    """A key of columns that are there, where they are known to be unique, else of a new one.

    That of a partitioned table holds the columns it is partitioned by (PostgreSQL documentation, Table Partitioning,
    Limitations); an identity column cannot be added to a table with children before PostgreSQL 17, a serial can.
    """
    ways = row["partition_columns"]
    if None in ways:
        return (
            f"None on {row['quoted']} as a whole: it is partitioned by an expression, and its key would have to hold the"
            " columns it is partitioned by. A unique index or key on each partition tells the rows of that one apart."
        )
    blank = " It fails, and changes nothing, where one of " + ", ".join(ways) + " is NULL." if ways else ""
    known = row["unique_columns"] or row["distinct_column"]
    if known is not None:
        key = ", ".join([*known, *(each for each in ways if each not in known)])
        why = "a unique index says so" if row["unique_columns"] else "no value twice"
        return (
            f"ALTER TABLE {row['quoted']} ADD PRIMARY KEY ({key}); -- {why}, no NULL by the planner's statistics (a sample):"
            f" it fails, and changes nothing, where that is not so.{blank} Builds an index under a lock: rehearse it first"
        )
    name = free_name(row["taken"])
    if row["has_children"]:
        key = ", ".join([name, *ways])
        return (
            f"ALTER TABLE {row['quoted']} ADD COLUMN {name} bigserial, ADD PRIMARY KEY ({key});"
            f" -- writes all its partitions or children anew under a lock: rehearse it first.{blank}"
        )
    return (
        f"ALTER TABLE {row['quoted']} ADD COLUMN {name} bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;"
        " -- rewrites the table; better, where columns are unique: ADD PRIMARY KEY (…)"
    )


def free_name(taken: list[str]) -> str:
    """A name for a new key that no column has."""
    names = ["id", "row_id", *(f"row_id_{number}" for number in range(2, len(taken) + 3))]
    return next(each for each in names if each not in taken)


CHECK = Check(
    code="no-primary-key",
    means="A table with rows has no primary key, no unique index over NOT NULL columns and no replica identity.",
    summary="{object} has {row_count} rows and nothing that tells them apart",
    wrong_if="the table is a staging area that is emptied as a whole",
    look=look,
)
