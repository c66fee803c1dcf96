-- Every 150th commission was worked out from the rate of another level.
UPDATE wallet.commissions SET amount = amount + 1.25 WHERE id % 150 = 7;
