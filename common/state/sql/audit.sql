SELECT c.id AS case_id, c.head, c.records, e.number, e.key, e.record
FROM dbcrew.cases c LEFT JOIN dbcrew.evidence e ON e.case_id = c.id
ORDER BY c.created_at, c.id, e.number
