SELECT id, author, marker, body FROM dbcrew.comments WHERE issue = %(issue)s ORDER BY id
