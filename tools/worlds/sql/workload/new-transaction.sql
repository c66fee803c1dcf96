INSERT INTO wallet.transactions
    (wallet_id, counterparty_wallet_id, kind, status, amount, currency, country, reference, description, metadata)
SELECT wallets.id, %(counterparty)s, 'payment', 'pending', %(amount)s, wallets.currency, 'DE', gen_random_uuid()::text,
       'Payment to Alpina Books AG, invoice 000001', '{"channel": "api", "risk": 1, "device": {"os": "linux"}}'
FROM wallet.wallets
WHERE wallets.id = %(wallet)s
