"""Work on all rows of a table in batches along its primary key, each its own transaction, resumable."""

from collections.abc import Callable

from common.queries import query
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.step import LOCK_TIMEOUT, No, constraint_of, ident, short, words

ROWS = 5_000
PAUSE_S = 0.05
"""Between two batches, for replicas and vacuum to keep up."""


def key_of(case: Case, table: QualifiedName) -> list[str]:
    """The columns of a table's primary key, unquoted; none when it has none."""
    for name, fact in case.trial.before.catalogue.items():
        if name.startswith("constraint ") and name.endswith(f" on {table}"):
            definition = fact["definition"]
            if definition.startswith("PRIMARY KEY"):
                return words(constraint_of(definition).keys)
    return []


def batches(
    case: Case, table: QualifiedName, number: int, work: Callable[[str], str], alias: str = ""
) -> list[str] | No:
    """The steps. `work` gives the statement for the rows that a condition on the key picks, which calls them `alias`.

    Where it is lies in a table of its own, which the last step drops.
    """
    keys = key_of(case, table)
    if not keys:
        return No(f"{table} has no primary key along which it could be done in batches")
    progress = QualifiedName(table.schema, short(f"{table.name}_progress_{number}"))
    columns = [ident(key) for key in keys]
    first = [f"batch_first_{place}" for place in range(1, len(keys) + 1)]
    last = [f"batch_last_{place}" for place in range(1, len(keys) + 1)]
    types = [case.trial.before.catalogue[f"column {table}.{column}"]["type"] for column in columns]
    row = ", ".join(f"{ident(alias or table.name)}.{column}" for column in columns)
    where = f"({row}) >= ({', '.join(first)}) AND ({row}) <= ({', '.join(last)})"
    text = query("tools.postgres.rehearsal.rewrites", "batches")
    parts = {
        "declarations": "\n    ".join(f"{a} {kind}; {b} {kind};" for a, b, kind in zip(first, last, types, strict=True)),
        "progress_columns": ", ".join(f"key_{place}" for place in range(1, len(keys) + 1)),
        "first": ", ".join(first), "last": ", ".join(last), "keys": ", ".join(columns),
        "keys_down": ", ".join(f"{column} DESC" for column in columns), "table": str(table), "progress": str(progress),
        "size": str(ROWS), "pause": f"{PAUSE_S:g}", "lock_timeout": LOCK_TIMEOUT, "work": work(where),
    }  # fmt: skip
    for name, value in parts.items():
        text = text.replace("{" + name + "}", value)
    kept = ", ".join(f"key_{place} {kind}" for place, kind in enumerate(types, start=1))
    return [f"CREATE TABLE IF NOT EXISTS {progress} ({kept}, done boolean)", text.strip(), f"DROP TABLE {progress}"]
