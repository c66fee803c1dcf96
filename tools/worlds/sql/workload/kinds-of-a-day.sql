SELECT kind, count(*), sum(amount)
FROM wallet.transactions
WHERE date_trunc('day', created_at AT TIME ZONE 'UTC') = %(day)s::timestamp
GROUP BY kind
