ALTER TABLE wallet.payouts DROP CONSTRAINT payouts_amount_positive;
ALTER TABLE wallet.payouts ADD CONSTRAINT payouts_amount_positive CHECK (amount > 0) NOT VALID;
