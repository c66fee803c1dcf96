"""The codes of all findings, by section: what people, tests and dashboards may rely on. A code is never renamed."""

CATALOGUE: dict[str, frozenset[str]] = {
    "PostgreSQL: queries and plans": frozenset(
        {
            "missing-index",
            "seq-scan-on-large-table",
            "sort-spill",
            "hash-spill",
            "row-misestimate",
            "nested-loop-explosion",
            "lossy-bitmap-scan",
            "heap-fetches",
            "non-sargable-predicate",
            "implicit-cast-defeats-index",
            "leading-wildcard-like",
            "or-across-columns",
            "offset-pagination",
            "not-in-nullable",
            "cartesian-join",
            "cte-fence",
            "n-plus-one",
            "jit-overhead",
            "trigger-time",
            "correlated-columns",
            "partition-pruning-missed",
        }
    ),
    "PostgreSQL: schema and indexes": frozenset(
        {
            "duplicate-index",
            "redundant-index",
            "unused-index",
            "invalid-index",
            "bloated-index",
            "bloated-table",
            "foreign-key-without-index",
            "no-primary-key",
            "constraint-not-validated",
            "sequence-near-limit",
            "int4-key-near-limit",
            "unlogged-table",
            "timestamp-without-time-zone",
            "default-partition-growing",
            "missing-future-partition",
            "oversized-row",
            "table-unpartitioned-and-huge",
        }
    ),
    "PostgreSQL: running": frozenset(
        {
            "stale-statistics",
            "dead-tuples",
            "autovacuum-disabled",
            "autovacuum-falling-behind",
            "xid-wraparound",
            "multixact-wraparound",
            "idle-in-transaction",
            "long-transaction",
            "blocked-sessions",
            "deadlocks",
            "connections-near-limit",
            "pooler-missing",
            "low-cache-hit",
            "checkpoints-too-frequent",
            "temp-files-heavy",
            "settings-at-defaults",
            "work-mem-risk",
            "durability-off",
            "statements-view-missing",
            "prepared-transaction-orphaned",
        }
    ),
    "PostgreSQL: recovery, replication, security": frozenset(
        {
            "archiving-off",
            "archiving-failing",
            "no-recent-base-backup",
            "recovery-never-tested",
            "checksums-off",
            "replication-lag",
            "replica-disconnected",
            "inactive-replication-slot",
            "no-synchronous-standby",
            "app-role-superuser",
            "role-too-strong",
            "public-schema-create",
            "grants-to-public",
            "row-security-missing",
            "row-security-always-true",
            "definer-function-search-path",
            "password-hash-weak",
            "tls-off",
            "no-statement-timeout",
            "audit-log-missing",
            "end-of-life-version",
        }
    ),
    "PostgreSQL: operations": frozenset(
        {
            "backup-not-restorable",
            "backup-incomplete",
            "backup-too-old",
            "backup-of-another-cluster",
            "archive-broken",
            "rto-above-target",
            "rpo-above-target",
            "pool-too-small",
            "pool-exceeds-server",
        }
    ),
    "Migrations": frozenset(
        {
            "lock-blocks-reads",
            "lock-blocks-writes",
            "table-rewrite",
            "long-lock-on-large-table",
            "index-build-blocks-writes",
            "ddl-and-backfill-together",
            "retry-over-invalid-index",
            "not-reversible",
            "rollback-loses-data",
            "down-does-not-restore",
            "fails-on-existing-data",
            "dependent-object-breaks",
            "rename-breaks-callers",
            "trigger-multiplies-writes",
            "enum-value-in-own-transaction",
            "not-possible-here",
            "plan-regression",
            "no-lock-timeout",
            "concurrently-in-transaction",
            "small-table-safe",
        }
    ),
    "Neo4j": frozenset(
        {
            "missing-index",
            "all-nodes-scan",
            "label-scan-large",
            "cartesian-product",
            "eager-operator",
            "unbounded-path",
            "dense-node",
            "missing-uniqueness-constraint",
            "index-failed",
            "index-unused",
            "duplicate-index",
            "literals-not-parameters",
            "page-cache-too-small",
            "heap-too-small",
            "long-transaction",
            "auth-disabled",
            "procedures-unrestricted",
        }
    ),
    "Redis": frozenset(
        {
            "no-maxmemory",
            "eviction-policy-unfit",
            "evicting",
            "big-key",
            "keys-without-ttl",
            "stale-cache-prefix",
            "slow-commands",
            "keys-command-used",
            "fragmentation-high",
            "persistence-off",
            "persistence-failing",
            "aof-fsync-risk",
            "replica-broken",
            "clients-near-limit",
            "no-authentication",
            "user-too-strong",
            "cluster-slots-uncovered",
            "cluster-unbalanced",
            "latency-spikes",
            "swap-risk",
            "encoding-inefficient",
        }
    ),
    "Vector indexes": frozenset(
        {
            "recall-below-target",
            "latency-above-target",
            "probes-too-low",
            "too-few-training-points",
            "lists-unfit",
            "vectors-not-normalised",
            "dimension-mismatch",
            "duplicate-vectors",
            "index-out-of-date",
            "memory-wasteful",
            "flat-at-scale",
            "metadata-filter-after-search",
            "ivfflat-stale-centroids",
        }
    ),
    "Money": frozenset(
        {
            "money-as-float",
            "money-scale-mismatch",
            "currency-missing",
            "balance-without-check",
            "balance-ledger-mismatch",
            "idempotency-key-missing",
            "audit-trigger-missing",
            "audit-mutable",
            "hard-delete-financial",
            "financial-fk-missing",
            "lost-update",
            "write-skew",
            "isolation-too-weak",
            "retry-missing",
            "retention-breach",
            "commission-mismatch",
            "orphan-financial-row",
            "card-data-in-clear",
            "personal-data-unclassified",
        }
    ),
    "Across engines": frozenset(
        {
            "store-drift",
            "dual-write-order",
            "ttl-longer-than-retention",
            "cache-of-transactions",
            "reference-dangling",
            "backup-not-consistent",
        }
    ),
}
"""Section → its codes."""

CODES = frozenset[str]().union(*CATALOGUE.values())
"""Every code of ours."""

SQUAWK = "squawk:"
"""What the linter squawk reports keeps its own rule name after this prefix."""


def known(code: str) -> bool:
    """Whether `code` is in the catalogue, or names a rule of squawk."""
    return code in CODES or (code.startswith(SQUAWK) and len(code) > len(SQUAWK))
