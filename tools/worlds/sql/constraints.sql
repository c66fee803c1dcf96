ALTER TABLE wallet.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id),
    ADD CONSTRAINT tenants_slug_key UNIQUE (slug);

ALTER TABLE wallet.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id),
    ADD CONSTRAINT users_tenant_id_email_key UNIQUE (tenant_id, email),
    ADD CONSTRAINT users_status_known CHECK (status IN ('active', 'invited', 'suspended')),
    ADD CONSTRAINT users_email_shape CHECK (position('@' IN email) > 1),
    ADD CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES wallet.tenants (id);

ALTER TABLE wallet.wallets
    ADD CONSTRAINT wallets_pkey PRIMARY KEY (id),
    ADD CONSTRAINT wallets_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT wallets_balance_within_limit CHECK (balance >= -credit_limit),
    ADD CONSTRAINT wallets_user_id_fkey FOREIGN KEY (user_id) REFERENCES wallet.users (id);
CREATE INDEX wallets_user_id_idx ON wallet.wallets (user_id);

ALTER TABLE wallet.transactions
    ADD CONSTRAINT transactions_pkey PRIMARY KEY (id),
    ADD CONSTRAINT transactions_reference_key UNIQUE (reference),
    ADD CONSTRAINT transactions_amount_positive CHECK (amount > 0),
    ADD CONSTRAINT transactions_two_wallets CHECK (wallet_id <> counterparty_wallet_id),
    ADD CONSTRAINT transactions_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT transactions_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES wallet.wallets (id),
    ADD CONSTRAINT transactions_counterparty_wallet_id_fkey
        FOREIGN KEY (counterparty_wallet_id) REFERENCES wallet.wallets (id);
CREATE INDEX transactions_wallet_id_created_at_idx ON wallet.transactions (wallet_id, created_at DESC);
CREATE INDEX transactions_counterparty_wallet_id_idx ON wallet.transactions (counterparty_wallet_id);
CREATE STATISTICS wallet.transactions_country_currency (dependencies, mcv) ON country, currency FROM wallet.transactions;

ALTER TABLE wallet.ledger_entries
    ADD CONSTRAINT ledger_entries_pkey PRIMARY KEY (id),
    ADD CONSTRAINT ledger_entries_amount_moves CHECK (amount <> 0),
    ADD CONSTRAINT ledger_entries_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT ledger_entries_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES wallet.transactions (id),
    ADD CONSTRAINT ledger_entries_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES wallet.wallets (id);
CREATE INDEX ledger_entries_transaction_id_idx ON wallet.ledger_entries (transaction_id);
CREATE INDEX ledger_entries_wallet_id_idx ON wallet.ledger_entries (wallet_id);

ALTER TABLE wallet.affiliations
    ADD CONSTRAINT affiliations_pkey PRIMARY KEY (id),
    ADD CONSTRAINT affiliations_tenant_id_user_id_key UNIQUE (tenant_id, user_id),
    ADD CONSTRAINT affiliations_level_known CHECK (level BETWEEN 1 AND 5),
    ADD CONSTRAINT affiliations_rate_sane CHECK (commission_rate BETWEEN 0 AND 0.5),
    ADD CONSTRAINT affiliations_not_own_sponsor CHECK (sponsor_id <> id),
    ADD CONSTRAINT affiliations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES wallet.tenants (id),
    ADD CONSTRAINT affiliations_user_id_fkey FOREIGN KEY (user_id) REFERENCES wallet.users (id),
    ADD CONSTRAINT affiliations_sponsor_id_fkey FOREIGN KEY (sponsor_id) REFERENCES wallet.affiliations (id);
CREATE INDEX affiliations_user_id_idx ON wallet.affiliations (user_id);
CREATE INDEX affiliations_sponsor_id_idx ON wallet.affiliations (sponsor_id);

ALTER TABLE wallet.commissions
    ADD CONSTRAINT commissions_pkey PRIMARY KEY (id),
    ADD CONSTRAINT commissions_rate_sane CHECK (rate BETWEEN 0 AND 0.5),
    ADD CONSTRAINT commissions_amount_not_negative CHECK (amount >= 0),
    ADD CONSTRAINT commissions_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT commissions_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES wallet.transactions (id),
    ADD CONSTRAINT commissions_affiliation_id_fkey FOREIGN KEY (affiliation_id) REFERENCES wallet.affiliations (id);
CREATE INDEX commissions_transaction_id_idx ON wallet.commissions (transaction_id);
CREATE INDEX commissions_affiliation_id_idx ON wallet.commissions (affiliation_id);

ALTER TABLE wallet.payouts
    ADD CONSTRAINT payouts_pkey PRIMARY KEY (id),
    ADD CONSTRAINT payouts_number_key UNIQUE (number),
    ADD CONSTRAINT payouts_amount_positive CHECK (amount > 0),
    ADD CONSTRAINT payouts_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT payouts_status_known CHECK (status IN ('requested', 'approved', 'paid', 'refused')),
    ADD CONSTRAINT payouts_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES wallet.wallets (id);
CREATE INDEX payouts_wallet_id_idx ON wallet.payouts (wallet_id);

ALTER TABLE wallet.fx_rates
    ADD CONSTRAINT fx_rates_pkey PRIMARY KEY (as_of, base, quote),
    ADD CONSTRAINT fx_rates_rate_positive CHECK (rate > 0);

ALTER TABLE wallet.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    ADD CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
    ADD CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES wallet.tenants (id);
CREATE INDEX api_keys_tenant_id_idx ON wallet.api_keys (tenant_id);

ALTER TABLE wallet.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id),
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES wallet.users (id);
CREATE INDEX sessions_user_id_idx ON wallet.sessions (user_id);

ALTER TABLE wallet.login_attempts
    ADD CONSTRAINT login_attempts_pkey PRIMARY KEY (id),
    ADD CONSTRAINT login_attempts_user_id_fkey FOREIGN KEY (user_id) REFERENCES wallet.users (id);
CREATE INDEX login_attempts_user_id_idx ON wallet.login_attempts (user_id);

ALTER TABLE wallet.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);

ALTER TABLE wallet.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE wallet.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id, created_at),
    ADD CONSTRAINT audit_log_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES wallet.users (id);
CREATE INDEX audit_log_actor_id_idx ON wallet.audit_log (actor_id);

-- The application sees one tenant at a time; everybody else is governed by grants alone.
ALTER TABLE wallet.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON wallet.users USING (
    current_user <> 'wallet_app' OR tenant_id = nullif(current_setting('wallet.tenant_id', true), '')::bigint);
ALTER TABLE wallet.affiliations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON wallet.affiliations USING (
    current_user <> 'wallet_app' OR tenant_id = nullif(current_setting('wallet.tenant_id', true), '')::bigint);
ALTER TABLE wallet.api_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON wallet.api_keys USING (
    current_user <> 'wallet_app' OR tenant_id = nullif(current_setting('wallet.tenant_id', true), '')::bigint);

CREATE VIEW wallet.balances_by_currency AS
SELECT currency, kind, count(*) AS wallets, sum(balance) AS balance
FROM wallet.wallets
WHERE deleted_at IS NULL
GROUP BY currency, kind;

COMMENT ON TABLE wallet.tenants IS 'Companies on the platform; each is a tenant.';
COMMENT ON TABLE wallet.users IS 'People of a tenant, in one of five roles.';
COMMENT ON COLUMN wallet.users.email IS 'Personal data. Spelled as typed; compare with lower(email).';
COMMENT ON COLUMN wallet.users.full_name IS 'Personal data.';
COMMENT ON TABLE wallet.wallets IS 'Where a user keeps money: one currency each. A settlement wallet (credit_limit > 0) is the tenant''s own.';
COMMENT ON TABLE wallet.transactions IS 'One movement of money between two wallets. Settled ones have ledger entries that sum to zero.';
COMMENT ON COLUMN wallet.transactions.reference IS 'Idempotency key given by the caller.';
COMMENT ON TABLE wallet.ledger_entries IS 'Double entry: append only, two entries a settled transaction, four when it was reversed.';
COMMENT ON TABLE wallet.affiliations IS 'Who was brought in by whom; commission_rate is the share of a payment.';
COMMENT ON TABLE wallet.commissions IS 'What a payment earned its affiliate: round(transaction amount * rate, 2).';
COMMENT ON TABLE wallet.payouts IS 'Money leaving the platform.';
COMMENT ON TABLE wallet.fx_rates IS 'Daily exchange rates.';
COMMENT ON TABLE wallet.audit_log IS 'Every change of a financial row, by month.';
COMMENT ON TABLE wallet.outbox IS 'Messages to publish after commit.';
COMMENT ON VIEW wallet.balances_by_currency IS 'Money on the platform.';
