INSERT INTO dbcrew.comments (issue, author, marker, body) VALUES (%(issue)s, %(author)s, %(marker)s, %(body)s)
ON CONFLICT (issue, marker) DO UPDATE SET body = excluded.body, updated_at = now()
RETURNING id
