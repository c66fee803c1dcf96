DROP TRIGGER wallets_audit ON wallet.wallets;
