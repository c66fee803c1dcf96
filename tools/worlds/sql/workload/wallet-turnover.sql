SELECT count(*), sum(amount) FILTER (WHERE amount > 0) AS received, sum(amount) FILTER (WHERE amount < 0) AS paid
FROM wallet.ledger_entries
WHERE wallet_id = %(wallet)s AND created_at >= %(since)s
