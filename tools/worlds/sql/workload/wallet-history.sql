SELECT id, kind, status, amount, currency, description, created_at
FROM wallet.transactions
WHERE wallet_id = %(wallet)s AND status = %(status)s
ORDER BY created_at DESC
LIMIT 50
