CREATE INDEX transactions_updated_at_idx ON wallet.transactions (updated_at);
