INSERT INTO wallet.transactions (wallet_id, counterparty_wallet_id, kind, status, amount, currency, country, reference,
    description, metadata, tags, created_at)
SELECT wallet_id, counterparty_wallet_id, kind, status, amount, currency, country, gen_random_uuid()::text,
    description, metadata, tags, now() - random() * interval '1 hour'
FROM (SELECT * FROM wallet.transactions TABLESAMPLE SYSTEM (20) LIMIT 10000) AS sample;
INSERT INTO wallet.ledger_entries (transaction_id, wallet_id, amount, currency, balance_after, created_at)
SELECT transaction_id, wallet_id, amount, currency, balance_after, now() - random() * interval '1 hour'
FROM (SELECT * FROM wallet.ledger_entries TABLESAMPLE SYSTEM (20) LIMIT 10000) AS sample;
