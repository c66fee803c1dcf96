-- The record, and the case's head that says it is the last.
WITH advanced AS (
    UPDATE dbcrew.cases SET head = %(head)s, records = %(number)s WHERE id = %(case)s
)
INSERT INTO dbcrew.evidence (case_id, number, key, record) VALUES (%(case)s, %(number)s, %(key)s, %(record)s)
