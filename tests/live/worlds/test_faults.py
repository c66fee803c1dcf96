"""Every planted fault shows in the catalogue, the plan or the rows, and is gone when it is left out."""

import psycopg
import pytest

from tools.worlds import FAULTS

NO_INDEX_ON = """
    SELECT count(*) FROM pg_constraint AS f
    WHERE f.contype = 'f' AND f.conrelid = '{table}'::regclass AND NOT EXISTS (
        SELECT FROM pg_index AS i WHERE i.indrelid = f.conrelid AND i.indkey[0] = f.conkey[1])
"""

# How each fault shows: a statement that counts what is wrong; no row or 0 where nothing is.
OBSERVED = {
    "missing-index": NO_INDEX_ON.replace("{table}", "wallet.transactions"),
    "foreign-key-without-index": NO_INDEX_ON.replace("{table}", "wallet.commissions"),
    "duplicate-index": """
        SELECT count(*) FROM pg_index AS a JOIN pg_index AS b USING (indrelid, indkey, indclass, indoption)
        WHERE a.indexrelid > b.indexrelid AND a.indpred IS NULL AND b.indpred IS NULL AND a.indexprs IS NULL
          AND a.indrelid::regclass::text LIKE 'wallet.%'""",
    "redundant-index": """
        SELECT count(*) FROM pg_index AS a JOIN pg_index AS b USING (indrelid)
        WHERE a.indrelid::regclass::text LIKE 'wallet.%' AND a.indnatts < b.indnatts
          AND NOT a.indisunique AND b.indkey::text LIKE a.indkey::text || ' %'""",
    "unused-index": "SELECT count(*) FROM pg_class WHERE oid = to_regclass('wallet.transactions_updated_at_idx')",
    "invalid-index": "SELECT count(*) FROM pg_index WHERE NOT indisvalid AND indrelid = 'wallet.users'::regclass",
    "no-primary-key": """
        SELECT count(*) FROM pg_class AS c
        WHERE c.relnamespace = 'wallet'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)""",
    "constraint-not-validated": """
        SELECT count(*) FROM pg_constraint WHERE connamespace = 'wallet'::regnamespace AND NOT convalidated""",
    "sequence-near-limit": """
        SELECT count(*) FROM pg_sequences WHERE schemaname = 'wallet' AND last_value > 0.9 * max_value""",
    "int4-key-near-limit": """
        SELECT count(*) FROM pg_attribute AS a, wallet.outbox AS o
        WHERE a.attrelid = 'wallet.outbox'::regclass AND a.attname = 'id' AND a.atttypid = 'int4'::regtype
          AND o.id > 0.9 * 2147483647""",
    "stale-statistics": """
        SELECT count(*) FROM pg_stat_all_tables
        WHERE schemaname = 'wallet' AND n_mod_since_analyze > 0.3 * n_live_tup AND n_mod_since_analyze > 1000""",
    "dead-tuples": """
        SELECT count(*) FROM pg_stat_all_tables
        WHERE schemaname = 'wallet' AND n_dead_tup > 0.3 * n_live_tup AND n_dead_tup > 10000""",
    "autovacuum-disabled": """
        SELECT count(*) FROM pg_class
        WHERE relnamespace = 'wallet'::regnamespace AND 'autovacuum_enabled=false' = ANY (reloptions)""",
    # Twice the bytes that the rows take, in the largest sense of the word.
    "bloated-table": """
        SELECT count(*) FROM wallet.login_attempts
        HAVING pg_relation_size('wallet.login_attempts') > 2 * sum(pg_column_size(login_attempts.*) + 28)""",
    "bloated-index": """
        SELECT count(*) FROM wallet.sessions
        HAVING pg_relation_size('wallet.sessions_token_hash_key') > 4 * sum(pg_column_size(token_hash) + 16)""",
    "timestamp-without-time-zone": """
        SELECT count(*) FROM information_schema.columns
        WHERE table_schema = 'wallet' AND data_type = 'timestamp without time zone'""",
    "money-as-float": """
        SELECT count(*) FROM information_schema.columns
        WHERE table_schema = 'wallet' AND data_type IN ('double precision', 'real')""",
    "balance-without-check": """
        SELECT 1 WHERE NOT EXISTS (
            SELECT FROM pg_constraint WHERE conrelid = 'wallet.wallets'::regclass AND contype = 'c'
               AND pg_get_constraintdef(oid) LIKE '%balance%')""",
    "unlogged-table": """
        SELECT count(*) FROM pg_class
        WHERE relnamespace = 'wallet'::regnamespace AND relkind = 'r' AND relpersistence = 'u'""",
    "row-security-missing": """
        SELECT count(*) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relnamespace = 'wallet'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity""",
    "row-security-always-true": "SELECT count(*) FROM pg_policies WHERE schemaname = 'wallet' AND qual = 'true'",
    "grants-to-public": """
        SELECT count(*) FROM pg_class, aclexplode(relacl) AS acl
        WHERE relnamespace = 'wallet'::regnamespace AND acl.grantee = 0""",
    "definer-function-search-path": """
        SELECT count(*) FROM pg_proc
        WHERE pronamespace = 'wallet'::regnamespace AND prosecdef
          AND NOT coalesce(proconfig::text LIKE '%search_path%', false)""",
    "missing-future-partition": """
        SELECT 1 WHERE NOT EXISTS (
            SELECT FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid
            WHERE inhparent = 'wallet.audit_log'::regclass
              AND pg_get_expr(c.relpartbound, c.oid) LIKE '%2040-01-01%')""",
    "default-partition-growing": """
        SELECT count(*) FROM pg_partitioned_table AS p JOIN pg_class AS c ON c.oid = p.partdefid
        WHERE p.partrelid = 'wallet.audit_log'::regclass AND c.reltuples > 0""",
    "correlated-columns": """
        SELECT 1 WHERE NOT EXISTS (
            SELECT FROM pg_statistic_ext WHERE stxrelid = 'wallet.transactions'::regclass AND 'f' = ANY (stxkind))""",
    "audit-trigger-missing": """
        SELECT 1 WHERE NOT EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = 'wallet.wallets'::regclass AND tgname LIKE '%audit')""",
    "commission-mismatch": """
        SELECT count(*) FROM wallet.commissions AS c JOIN wallet.transactions AS t ON t.id = c.transaction_id
        WHERE c.amount::numeric <> round(t.amount * c.rate, 2)""",
    "balance-ledger-mismatch": """
        SELECT count(*) FROM wallet.wallets AS w
        LEFT JOIN (SELECT wallet_id, sum(amount) AS moved FROM wallet.ledger_entries GROUP BY wallet_id) AS l
            ON l.wallet_id = w.id
        WHERE w.balance <> coalesce(l.moved, 0)""",
}


def wrong(database, fault):
    with psycopg.connect(database.dsn) as connection:
        row = connection.execute(OBSERVED[fault]).fetchone()
        return row is not None and row[0] > 0


@pytest.mark.parametrize("fault", [fault.name for fault in FAULTS])
def test_shows_when_planted_and_not_when_healthy(world_of, fault):
    assert wrong(world_of("planted"), fault)
    assert not wrong(world_of("healthy"), fault)


@pytest.mark.parametrize("fault", [fault.name for fault in FAULTS])
def test_is_there_or_not_whatever_the_others_are(worlds18, fault):
    odd = [each.name for each in FAULTS].index(fault) % 2 == 1
    assert wrong(worlds18("odd"), fault) is odd
    assert wrong(worlds18("even"), fault) is not odd


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_names_objects_that_exist(world_of, fault):
    with psycopg.connect(world_of("planted").dsn) as connection:
        for expected in fault.expects:
            schema, relation, *part = expected.object.split(".")
            assert connection.execute(
                """SELECT to_regclass(%(name)s) IS NOT NULL OR to_regproc(%(name)s) IS NOT NULL""",
                {"name": f"{schema}.{relation}"},
            ).fetchone() == (True,)
            for name in part:
                assert connection.execute(
                    """SELECT %(name)s IN (
                           SELECT attname FROM pg_attribute WHERE attrelid = %(table)s::regclass
                           UNION SELECT conname FROM pg_constraint WHERE conrelid = %(table)s::regclass)""",
                    {"table": f"{schema}.{relation}", "name": name},
                ).fetchone() == (True,)


def plan(database, statement):
    with psycopg.connect(database.dsn) as connection:
        return connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement).fetchone()[0][0]["Plan"]


HISTORY = """
    SELECT * FROM wallet.transactions WHERE wallet_id = 13 AND status = 'settled' ORDER BY created_at DESC LIMIT 50
"""


def test_the_history_of_a_wallet_reads_every_transaction_without_its_index(world_of):
    assert plan(world_of("healthy"), HISTORY)["Plans"][0]["Index Name"] == "transactions_wallet_id_created_at_idx"
    assert "Seq Scan" in repr(plan(world_of("planted"), HISTORY))


def test_the_planner_knows_of_correlated_columns_only_when_told(world_of):
    swiss = "SELECT * FROM wallet.transactions WHERE country = 'CH' AND currency = 'CHF'"
    found = plan(world_of("healthy"), swiss)
    assert found["Plan Rows"] == pytest.approx(found["Actual Rows"], rel=0.3)
    missed = plan(world_of("planted"), swiss)
    assert missed["Plan Rows"] * 10 < missed["Actual Rows"]
