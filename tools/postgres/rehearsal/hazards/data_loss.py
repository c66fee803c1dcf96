"""Rows and values that the migration, or its way back, takes away."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName


def check(case: Case) -> Iterator[Finding]:
    """Tables, rows and columns that held values before up and are gone after, and values that were altered."""
    trial = case.trial
    if trial.failed is not None:
        return
    stated = trial.down_source != "given"
    for table, was in trial.before.data.items():
        now = trial.after.data.get(table)
        back = trial.restored.data.get(table) if trial.restored else None
        if back == was:
            continue
        if now is None:
            if was.rows and not _moved(case, table):
                yield case.found(
                    "rollback-loses-data", Severity.HIGH, table,
                    "The table and its rows (about {live_rows}) are gone after this; no down brings them back",
                    live_rows=case.size(table)[0], remedy="Rename it first, drop it weeks later, after a backup.",
                )  # fmt: skip
            continue
        yield from _rows(case, table)
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
            elif (
                _retyped(case, table, column)
                and was.rows == now.rows
                and was.columns[column] != now.columns[column]
                and back is not None
                and back.columns.get(column) != was.columns[column]
            ):
                yield case.found(
                    "rollback-loses-data", Severity.HIGH, f"{table}.{column}",
                    "The new type changes values without an error, and the old type does not bring them back",
                    remedy="Add a new column of the new type and compare before dropping the old one.",
                )  # fmt: skip


def _rows(case: Case, table: QualifiedName) -> Iterator[Finding]:
    """Rows that are gone, all of them or some, and values written over."""
    was, now = case.trial.before.data[table], case.trial.after.data[table]
    if was.rows and not now.rows and not _moved(case, table):
        yield case.found(
            "rollback-loses-data", Severity.HIGH, table,
            "All its rows (about {live_rows}) are gone after this; no down brings them back",
            live_rows=case.size(table)[0], remedy="Copy them to a table of their own first, or take a backup.",
        )  # fmt: skip
    elif now.rows < was.rows and not _kept(case, table):
        yield case.found(
            "rollback-loses-data", Severity.MEDIUM, table,
            "{copied_rows} of its rows on the copy are gone after this; no down brings them back",
            copied_rows=was.rows - now.rows, remedy="Copy them to a table of their own first, or take a backup.",
        )  # fmt: skip
    elif now.rows == was.rows:
        for column, count in was.filled.items():
            same = column in now.columns and (
                now.columns[column] == was.columns[column]
                or now.filled[column] > count
                or _retyped(case, table, column)
            )
            if count and column in now.columns and not same:
                yield case.found(
                    "rollback-loses-data", Severity.MEDIUM, f"{table}.{column}",
                    "Values that were there are written over; no down brings the old ones back",
                    remedy="Write to a new column, and drop the old one weeks later.",
                )  # fmt: skip


def _kept(case: Case, table: QualifiedName) -> bool:
    """Whether a new table holds as many rows as are gone: they were moved there."""
    gone = case.trial.before.data[table].rows - case.trial.after.data[table].rows
    return any(now.rows == gone for name, now in case.trial.after.data.items() if name not in case.trial.before.data)


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
