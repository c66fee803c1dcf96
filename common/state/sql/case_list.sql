SELECT id, origin, request, status, detail, NULL::jsonb AS report, extract(epoch FROM now() - created_at)::float8 AS age_s
FROM dbcrew.cases ORDER BY created_at DESC, id
