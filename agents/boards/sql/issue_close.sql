UPDATE dbcrew.issues SET open = false WHERE number = %(number)s
