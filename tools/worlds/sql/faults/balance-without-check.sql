ALTER TABLE wallet.wallets DROP CONSTRAINT wallets_balance_within_limit;
