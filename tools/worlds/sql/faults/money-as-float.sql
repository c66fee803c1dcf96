ALTER TABLE wallet.commissions ALTER COLUMN amount TYPE double precision;
