"""What can be wrong with a migration: one rule a file, all of them here."""

from collections.abc import Callable, Iterator

from common.findings import Finding
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.hazards import (
    backfill,
    concurrently,
    data_loss,
    dependents,
    failure,
    index_build,
    live_rows,
    lock,
    plan_regression,
    renaming,
    restore,
    retry,
    row_locks,
    table_rewrite,
    triggers,
)

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    failure.check,
    live_rows.check,
    table_rewrite.check,
    index_build.check,
    lock.check,
    row_locks.check,
    backfill.check,
    concurrently.check,
    retry.check,
    dependents.check,
    renaming.check,
    data_loss.check,
    restore.check,
    triggers.check,
    plan_regression.check,
)
