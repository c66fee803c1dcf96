SELECT id, wallet_id, amount, currency, description, created_at
FROM wallet.transactions
WHERE description ILIKE %(pattern)s
