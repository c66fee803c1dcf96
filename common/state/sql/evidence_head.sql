SELECT head, records FROM dbcrew.cases WHERE id = %(case)s FOR UPDATE
