UPDATE wallet.transactions
SET status = 'failed'
WHERE id = (SELECT max(id) FROM wallet.transactions) AND status = 'pending'
