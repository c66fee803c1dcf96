SELECT id, reference, status
FROM wallet.transactions
WHERE reference LIKE %(prefix)s
