ALTER FUNCTION wallet.fail_transaction(bigint) RESET search_path;
