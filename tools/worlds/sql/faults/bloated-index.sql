-- Built at a fill factor of 10 %, which is then forgotten: its leaves are nine tenths empty.
ALTER INDEX wallet.sessions_token_hash_key SET (fillfactor = 10);
REINDEX INDEX wallet.sessions_token_hash_key;
ALTER INDEX wallet.sessions_token_hash_key RESET (fillfactor);
