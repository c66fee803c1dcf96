"""The faults planted in the sample world: what each breaks, and what must be said about it and nothing else."""

from dataclasses import dataclass
from enum import StrEnum

from common.errors import InputError


class SeenBy(StrEnum):
    """What it takes to see a fault."""

    CATALOGUE = "catalogue"
    """System catalogues and counters of one moment: a health check finds it."""
    PLAN = "plan"
    """The plan of a statement that suffers from it."""
    ROWS = "rows"
    """The rows themselves."""
    HISTORY = "history"
    """Counters that have been running for weeks, which no fresh load has."""


class Stage(StrEnum):
    """When a fault is planted. A later stage sees the tables as the earlier ones left them."""

    SCHEMA = "schema"
    """With the load, before triggers exist and before VACUUM and ANALYZE."""
    TRIGGERS = "triggers"
    """With the load, after triggers and grants exist."""
    AFTER = "after"
    """When the tables are vacuumed and analyzed."""
    CONCURRENTLY = "concurrently"
    """Last, outside a transaction, and expected to fail half-way."""


@dataclass(frozen=True)
class Expected:
    """A finding that a fault must cause. `code` and the spelling of `object` as in the catalogue of findings."""

    code: str
    object: str
    seen_by: SeenBy = SeenBy.CATALOGUE


@dataclass(frozen=True)
class Fault:
    """One planted fault; its statements are `sql/faults/<name>.sql`."""

    name: str
    summary: str
    expects: tuple[Expected, ...]
    stage: Stage = Stage.SCHEMA


FAULTS: tuple[Fault, ...] = (
    Fault(
        "missing-index",
        "the history of a wallet reads every transaction there is",
        (
            Expected("missing-index", "wallet.transactions", SeenBy.PLAN),
            Expected("foreign-key-without-index", "wallet.transactions.wallet_id"),
        ),
    ),
    Fault(
        "foreign-key-without-index",
        "commissions of an affiliation are found by a scan",
        (Expected("foreign-key-without-index", "wallet.commissions.affiliation_id"),),
    ),
    Fault(
        "duplicate-index",
        "a second index on the owner of a wallet",
        (Expected("duplicate-index", "wallet.wallets_of_user_idx"),),
    ),
    Fault(
        "redundant-index",
        "an index on tenant_id beside one on (tenant_id, user_id)",
        (Expected("redundant-index", "wallet.affiliations_tenant_id_idx"),),
    ),
    Fault(
        "unused-index",
        "an index on transactions that no statement can use",
        (Expected("unused-index", "wallet.transactions_updated_at_idx", SeenBy.HISTORY),),
    ),
    Fault(
        "invalid-index",
        "what a failed CREATE UNIQUE INDEX CONCURRENTLY left",
        (Expected("invalid-index", "wallet.users_full_name_key"),),
        Stage.CONCURRENTLY,
    ),
    Fault("no-primary-key", "exchange rates without a key", (Expected("no-primary-key", "wallet.fx_rates"),)),
    Fault(
        "constraint-not-validated",
        "a CHECK that was added NOT VALID and never validated",
        (Expected("constraint-not-validated", "wallet.payouts.payouts_amount_positive"),),
    ),
    Fault(
        "sequence-near-limit",
        "payout numbers have 7 digits, 93 % are gone",
        (Expected("sequence-near-limit", "wallet.payout_number_seq"),),
    ),
    Fault(
        "int4-key-near-limit",
        "an integer key at 93 % of its range",
        (Expected("int4-key-near-limit", "wallet.outbox.id"),),
    ),
    Fault(
        "stale-statistics",
        "6 rows in 16 came after the last ANALYZE",
        (Expected("stale-statistics", "wallet.webhook_deliveries"),),
        Stage.AFTER,
    ),
    Fault(
        "dead-tuples",
        "two dead rows for every five live ones, and vacuum kept away",
        (Expected("dead-tuples", "wallet.sessions"),),
        Stage.AFTER,
    ),
    Fault(
        "autovacuum-disabled",
        "autovacuum switched off for the ledger",
        (Expected("autovacuum-disabled", "wallet.ledger_entries"),),
    ),
    Fault("bloated-table", "nine tenths of the table are air", (Expected("bloated-table", "wallet.login_attempts"),)),
    Fault(
        "bloated-index",
        "nine tenths of the index are air",
        (Expected("bloated-index", "wallet.sessions_token_hash_key"),),
    ),
    Fault(
        "timestamp-without-time-zone",
        "when a payout was paid depends on who asks",
        (Expected("timestamp-without-time-zone", "wallet.payouts.paid_at"),),
    ),
    Fault(
        "money-as-float",
        "commissions as double precision",
        (Expected("money-as-float", "wallet.commissions.amount"),),
    ),
    Fault(
        "balance-without-check",
        "nothing stops a balance below its limit",
        (Expected("balance-without-check", "wallet.wallets.balance"),),
    ),
    Fault("unlogged-table", "messages are lost in a crash", (Expected("unlogged-table", "wallet.outbox"),)),
    Fault(
        "row-security-missing",
        "tables of all tenants without row security",
        (
            Expected("row-security-missing", "wallet.users"),
            Expected("row-security-missing", "wallet.affiliations"),
        ),
    ),
    Fault(
        "row-security-always-true",
        "a policy that lets every row through",
        (Expected("row-security-always-true", "wallet.api_keys"),),
    ),
    Fault(
        "grants-to-public",
        "every role may read and change payouts",
        (Expected("grants-to-public", "wallet.payouts"),),
        Stage.TRIGGERS,
    ),
    Fault(
        "definer-function-search-path",
        "a SECURITY DEFINER function that trusts the caller's search_path",
        (Expected("definer-function-search-path", "wallet.fail_transaction"),),
        Stage.TRIGGERS,
    ),
    Fault(
        "missing-future-partition",
        "the audit log has no partition after June 2026",
        (Expected("missing-future-partition", "wallet.audit_log"),),
    ),
    Fault(
        "default-partition-growing",
        "audit records without a partition of their own",
        (Expected("default-partition-growing", "wallet.audit_log_default"),),
    ),
    Fault(
        "correlated-columns",
        "country and currency go together and the planner does not know",
        (Expected("correlated-columns", "wallet.transactions", SeenBy.PLAN),),
    ),
    Fault(
        "audit-trigger-missing",
        "balances change without a record",
        (Expected("audit-trigger-missing", "wallet.wallets"),),
        Stage.TRIGGERS,
    ),
    Fault(
        "commission-mismatch",
        "commissions that are not amount times rate",
        (Expected("commission-mismatch", "wallet.commissions", SeenBy.ROWS),),
    ),
    Fault(
        "balance-ledger-mismatch",
        "a balance that its ledger entries do not explain",
        (Expected("balance-ledger-mismatch", "wallet.wallets", SeenBy.ROWS),),
    ),
)

ALL_FAULTS: frozenset[str] = frozenset(fault.name for fault in FAULTS)


def chosen(names: frozenset[str] | None) -> tuple[Fault, ...]:
    """The faults called `names` in the order they are planted; None means all. Raises InputError for an unknown one."""
    if names is not None and names - ALL_FAULTS:
        raise InputError(
            detail=f"There is no fault {', '.join(sorted(names - ALL_FAULTS))}",
            next=f"Choose from {', '.join(sorted(ALL_FAULTS))}",
        )
    return tuple(fault for fault in FAULTS if names is None or fault.name in names)


def expected(names: frozenset[str] | None = None, seen_by: SeenBy = SeenBy.CATALOGUE) -> set[tuple[str, str]]:
    """The (code, object) pairs that must be found, and nothing else, in a world with these faults."""
    return {(one.code, one.object) for fault in chosen(names) for one in fault.expects if one.seen_by == seen_by}
