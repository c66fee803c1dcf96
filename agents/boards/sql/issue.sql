SELECT number, title, body, author, labels, parent, open FROM dbcrew.issues WHERE number = %(number)s
