UPDATE dbcrew.cases SET head = %(head)s, records = %(records)s WHERE id = %(case)s
