GRANT USAGE ON SCHEMA wallet TO wallet_app;
GRANT SELECT ON ALL TABLES IN SCHEMA wallet TO wallet_app;
GRANT INSERT, UPDATE ON wallet.users, wallet.wallets, wallet.transactions, wallet.affiliations, wallet.commissions,
    wallet.payouts TO wallet_app;
GRANT INSERT ON wallet.ledger_entries, wallet.audit_log, wallet.fx_rates TO wallet_app;
GRANT INSERT, UPDATE, DELETE ON wallet.sessions, wallet.login_attempts, wallet.webhook_deliveries, wallet.outbox,
    wallet.api_keys TO wallet_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA wallet TO wallet_app;
GRANT EXECUTE ON FUNCTION wallet.fail_transaction(bigint) TO wallet_app;
