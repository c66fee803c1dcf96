SELECT currency, count(*), sum(amount)
FROM wallet.transactions
WHERE created_at >= %(since)s AND created_at < %(until)s
GROUP BY currency
