-- What the administrator who grants can do, and what there is to grant.
SELECT current_user::text AS admin,
       current_database()::text AS database,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser,
       (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = %(role)s) AS role_too_strong,
       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries') AS preloaded,
       (SELECT coalesce(array_agg(extname::text), '{}') FROM pg_catalog.pg_extension) AS extensions,
       (SELECT coalesce(array_agg(name::text), '{}') FROM pg_catalog.pg_available_extensions) AS available,
       (SELECT coalesce(array_agg(nspname::text ORDER BY nspname <> 'public', nspname), '{}')
        FROM pg_catalog.pg_namespace
        WHERE nspname NOT LIKE 'pg\_%%' AND nspname <> 'information_schema') AS schemas
