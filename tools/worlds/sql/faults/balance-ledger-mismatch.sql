-- One wallet was corrected by hand; the ledger knows nothing of it.
UPDATE wallet.wallets SET balance = balance + 250
WHERE id = (SELECT wallet_id FROM wallet.transactions GROUP BY wallet_id ORDER BY count(*) DESC, wallet_id LIMIT 1);
