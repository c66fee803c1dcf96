INSERT INTO dbcrew.issues (title, body, author, labels, marker, parent)
VALUES (%(title)s, %(body)s, %(author)s, %(labels)s, %(marker)s, %(parent)s)
ON CONFLICT (marker) WHERE open DO NOTHING
