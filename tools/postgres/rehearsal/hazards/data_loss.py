"""Values that the migration, or its way back, takes away."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName


def check(case: Case) -> Iterator[Finding]:
    """Tables and columns that held values before up and are gone after, and values that a type change altered."""
    trial = case.trial
    if trial.failed is not None:
        return
    stated = trial.down_source != "given"
    for table, was in trial.before.data.items():
        now = trial.after.data.get(table)
        if now is None:
            if was.rows and not _moved(case, table):
                yield case.found(
                    "rollback-loses-data", Severity.MEDIUM if stated else Severity.HIGH, table,
                    "The table and its rows (about {live_rows}) are gone after this; no down brings them back",
                    live_rows=case.size(table)[0], remedy="Rename it first, drop it weeks later, after a backup.",
                )  # fmt: skip
            continue
        renamed = len(was.columns) == len(now.columns)
        for column, count in was.filled.items():
            if not count or (column not in now.columns and renamed):
                continue
            if column not in now.columns:
                yield case.found(
                    "rollback-loses-data", Severity.MEDIUM if stated else Severity.HIGH, f"{table}.{column}",
                    "The column's values ({copied_rows} of them on the copy) are gone after this; no down brings them back",
                    copied_rows=count, remedy="Stop using it first; drop it weeks later, after a backup.",
                )  # fmt: skip
            elif was.rows == now.rows and was.columns[column] != now.columns[column] and _retyped(case, table, column):
                back = trial.restored.data.get(table) if trial.restored else None
                if back is not None and back.columns.get(column) != was.columns[column]:
                    yield case.found(
                        "rollback-loses-data", Severity.HIGH, f"{table}.{column}",
                        "The new type changes values without an error, and the old type does not bring them back",
                        remedy="Add a new column of the new type and compare before dropping the old one.",
                    )  # fmt: skip


def _moved(case: Case, table: QualifiedName) -> bool:
    """Whether the rows are there under another name."""
    was = case.trial.before.data[table]
    return any(
        now.whole == was.whole and now.rows == was.rows
        for name, now in case.trial.after.data.items()
        if name not in case.trial.before.data
    )


def _retyped(case: Case, table: QualifiedName, column: str) -> bool:
    key = f"column {QualifiedName(table.schema, table.name)}.{column}"
    was, now = case.trial.before.catalogue.get(key), case.trial.after.catalogue.get(key)
    return was is not None and now is not None and was["type"] != now["type"]
