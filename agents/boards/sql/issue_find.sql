SELECT number FROM dbcrew.issues
WHERE marker = %(marker)s AND (open OR parent = %(parent)s)
ORDER BY open DESC, number DESC
LIMIT 1
