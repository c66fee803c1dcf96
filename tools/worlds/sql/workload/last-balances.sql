SELECT DISTINCT ON (wallet_id) wallet_id, balance_after, created_at
FROM wallet.ledger_entries
WHERE wallet_id = ANY(%(wallets)s)
ORDER BY wallet_id, created_at DESC, id DESC
