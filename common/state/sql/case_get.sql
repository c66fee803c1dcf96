SELECT id, origin, request, status, detail, report, extract(epoch FROM now() - created_at)::float8 AS age_s
FROM dbcrew.cases WHERE id = %(id)s
