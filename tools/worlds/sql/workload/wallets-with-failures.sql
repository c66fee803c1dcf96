SELECT count(*)
FROM wallet.wallets
WHERE EXISTS (
    SELECT FROM wallet.transactions
    WHERE transactions.wallet_id = wallets.id AND transactions.status = 'failed' AND transactions.created_at >= %(since)s
)
