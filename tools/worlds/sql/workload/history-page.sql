SELECT id, kind, amount, currency, created_at
FROM wallet.transactions
WHERE wallet_id = %(wallet)s
ORDER BY created_at DESC
LIMIT 50 OFFSET %(offset)s
