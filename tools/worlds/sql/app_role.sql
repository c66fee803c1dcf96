SELECT
    wanted.oid IS NOT NULL,
    me.rolsuper OR me.rolcreaterole,
    me.rolsuper OR coalesce(pg_has_role(me.oid, wanted.oid, 'MEMBER'), false)
FROM pg_roles AS me
LEFT JOIN pg_roles AS wanted ON wanted.rolname = %(role)s
WHERE me.rolname = current_user
