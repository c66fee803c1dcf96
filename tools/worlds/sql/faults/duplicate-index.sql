CREATE INDEX wallets_of_user_idx ON wallet.wallets (user_id);
