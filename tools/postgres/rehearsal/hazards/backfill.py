"""Rows changed in the transaction that already holds a strong lock."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import LONG_MS, SMALL_ROWS, Case

_NAMES = (
    "alembic_version schema_migrations ar_internal_metadata django_migrations flyway_schema_history schema_version"
    " databasechangelog databasechangeloglock goose_db_version gorp_migrations _prisma_migrations knex_migrations"
    " knex_migrations_lock sequelizemeta typeormmetadata __efmigrationshistory doctrine_migration_versions"
)
_BOOKS = frozenset(_NAMES.split())
"""Where migration frameworks note what has run, in small letters: a row a migration, whatever else it does."""


def check(case: Case) -> Iterator[Finding]:
    """A statement that changes many rows, or takes long, after DDL of the same transaction on a table that is not small."""
    locked: list[object] = []
    for step in case.trial.steps:
        statement = case.statement(step.number)
        if not statement.in_transaction:
            locked = []
            continue
        if step.rows >= 0 and locked and statement.node.relation.relname.lower() not in _BOOKS:
            held = [each for each in step.tables if each in locked and not case.small(each)]
            live_rows, live_ms = round(step.rows * case.times(step)), case.live_ms(step)
            if held and (live_rows > SMALL_ROWS or live_ms > LONG_MS):
                yield case.found(
                    "ddl-and-backfill-together", Severity.HIGH, held[0],
                    "Statement {statement} changes about {live_rows} rows, which takes about {live_ms}, while the"
                    " transaction holds a strong lock",
                    statement=step.number, live_rows=live_rows, live_ms=round(live_ms, 3),
                    remedy="Commit the change of the table first, then fill it in batches of their own.",
                )  # fmt: skip
        locked += [lock.object for lock in step.locks if lock.blocks and not case.new(lock.object)]
