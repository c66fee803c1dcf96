SELECT number FROM dbcrew.issues WHERE marker = %(marker)s AND open
