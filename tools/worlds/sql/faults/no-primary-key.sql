ALTER TABLE wallet.fx_rates DROP CONSTRAINT fx_rates_pkey;
