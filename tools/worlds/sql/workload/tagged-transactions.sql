SELECT id, wallet_id, amount, currency, created_at
FROM wallet.transactions
WHERE tags @> ARRAY[%(tag)s::text]
