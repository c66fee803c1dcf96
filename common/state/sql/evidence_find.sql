SELECT record FROM dbcrew.evidence WHERE case_id = %(case)s AND key = %(key)s ORDER BY number DESC LIMIT 1
