INSERT INTO dbcrew.evidence (case_id, number, key, record) VALUES (%(case)s, %(number)s, %(key)s, %(record)s)
