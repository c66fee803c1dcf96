SELECT id, user_id, expires_at
FROM wallet.sessions
WHERE token_hash = %(token)s
