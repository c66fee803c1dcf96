UPDATE wallet.sessions
SET last_seen_at = now()
WHERE id = %(session)s
