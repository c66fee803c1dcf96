UPDATE dbcrew.cases
SET status = %(status)s, detail = %(detail)s, report = coalesce(%(report)s, report), updated_at = now()
WHERE id = %(id)s
