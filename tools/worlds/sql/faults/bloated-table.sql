-- Written at a fill factor of 10 %, which is then forgotten: nine tenths of every page are free.
ALTER TABLE wallet.login_attempts SET (fillfactor = 10);
CLUSTER wallet.login_attempts USING login_attempts_pkey;
ALTER TABLE wallet.login_attempts SET WITHOUT CLUSTER;
ALTER TABLE wallet.login_attempts RESET (fillfactor);
