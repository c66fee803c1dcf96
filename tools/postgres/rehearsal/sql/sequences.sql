SELECT n.nspname AS schema, c.relname AS name,
       CASE WHEN has_sequence_privilege(c.oid, 'SELECT') OR has_sequence_privilege(c.oid, 'USAGE')
            THEN pg_sequence_last_value(c.oid) END AS last_value
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'S' AND c.oid::bigint = ANY (%(scope)s) AND has_schema_privilege(n.oid, 'USAGE')
