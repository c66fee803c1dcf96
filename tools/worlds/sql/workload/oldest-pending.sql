SELECT id, wallet_id, amount, currency, created_at
FROM wallet.transactions
WHERE status = 'pending'
ORDER BY created_at
LIMIT 100
