SELECT id, wallet_id, counterparty_wallet_id, amount, currency, created_at
FROM wallet.transactions
WHERE wallet_id = %(wallet)s OR counterparty_wallet_id = %(wallet)s
ORDER BY created_at DESC
LIMIT 20
