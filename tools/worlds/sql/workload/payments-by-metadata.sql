SELECT id, wallet_id, amount, currency, metadata
FROM wallet.transactions
WHERE metadata @> %(document)s::jsonb
