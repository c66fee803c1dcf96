SELECT database::text AS object, gid, owner::text AS owner,
       extract(epoch FROM clock_timestamp() - prepared)::float8 AS open_s,
       format('ROLLBACK PREPARED %L; -- or COMMIT PREPARED, as its coordinator decided', gid) AS remedy
  FROM pg_catalog.pg_prepared_xacts
 ORDER BY prepared
