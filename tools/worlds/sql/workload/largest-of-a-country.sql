SELECT id, wallet_id, amount, created_at
FROM wallet.transactions
WHERE country = %(country)s AND currency = %(currency)s
ORDER BY amount DESC
LIMIT 20
