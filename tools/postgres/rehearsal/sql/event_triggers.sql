-- Event triggers that run in an ordinary session (those ENABLE REPLICA do not), and what they are for: no tags, all.
SELECT quote_ident(e.evtname::text) AS name,
       e.evtevent::text AS event,
       coalesce(e.evttags, '{}')::text[] AS tags,
       quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '()' AS function
  FROM pg_event_trigger e
  JOIN pg_proc p ON p.oid = e.evtfoid
  JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE e.evtenabled IN ('O', 'A')
 ORDER BY e.evtname
