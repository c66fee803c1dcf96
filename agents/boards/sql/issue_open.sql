INSERT INTO dbcrew.issues (title, body, author, labels, marker, parent)
SELECT %(title)s, %(body)s, %(author)s, %(labels)s, %(marker)s, %(parent)s
-- What a case handed on is handed on once, also when the case is looked at again after it was answered.
WHERE %(parent)s::bigint IS NULL
   OR NOT EXISTS (SELECT 1 FROM dbcrew.issues WHERE marker = %(marker)s AND parent = %(parent)s)
ON CONFLICT (marker) WHERE open DO NOTHING
