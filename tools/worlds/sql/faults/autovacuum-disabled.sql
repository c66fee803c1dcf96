ALTER TABLE wallet.ledger_entries SET (autovacuum_enabled = false);
