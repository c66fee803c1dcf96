SELECT record FROM dbcrew.evidence WHERE case_id = %(case)s ORDER BY number
