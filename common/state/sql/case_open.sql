INSERT INTO dbcrew.cases (id, origin, request) VALUES (%(id)s, %(origin)s, %(request)s)
ON CONFLICT (id) DO NOTHING
