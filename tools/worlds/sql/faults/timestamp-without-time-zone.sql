ALTER TABLE wallet.payouts ALTER COLUMN paid_at TYPE timestamp USING paid_at AT TIME ZONE 'UTC';
