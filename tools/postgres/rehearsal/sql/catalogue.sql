-- Everything that describes the user's objects, as (name, facts) that can be compared word for word.
WITH schemas AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relations AS (
    SELECT c.*, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS shown
      FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I') AND c.relpersistence <> 't'
), facts AS (
    SELECT 'schema ' || quote_ident(n.nspname) AS name,
           jsonb_build_object('owner', pg_get_userbyid(s.nspowner), 'privileges',
               (SELECT jsonb_agg(a::text ORDER BY a::text)
                  FROM unnest(coalesce(s.nspacl, acldefault('n', s.nspowner))) a)) AS fact
      FROM schemas n JOIN pg_namespace s ON s.oid = n.oid
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialised view ' WHEN 'S' THEN 'sequence '
                        ELSE 'table ' END || shown,
           jsonb_build_object('owner', pg_get_userbyid(relowner), 'persistence', relpersistence,
               'privileges', (SELECT jsonb_agg(a::text ORDER BY a::text)
                  FROM unnest(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) a),
               'options', (SELECT jsonb_agg(o ORDER BY o) FROM unnest(reloptions) o),
               'row security', relrowsecurity, 'row security forced', relforcerowsecurity,
               'replica identity', relreplident, 'access method', (SELECT amname FROM pg_am WHERE oid = relam),
               'partition key', CASE relkind WHEN 'p' THEN pg_get_partkeydef(relations.oid) END,
               'partition bound', pg_get_expr(relpartbound, relations.oid),
               'parents', (SELECT jsonb_agg(inhparent::regclass::text ORDER BY inhseqno) FROM pg_inherits
                            WHERE inhrelid = relations.oid),
               'definition', CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(relations.oid) END)
      FROM relations WHERE relkind NOT IN ('i', 'I')
    UNION ALL
    SELECT 'column ' || r.shown || '.' || quote_ident(a.attname),
           jsonb_build_object('position', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
               'type', format_type(a.atttypid, a.atttypmod), 'collation', a.attcollation::regcollation::text,
               'not null', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity,
               'generated', a.attgenerated, 'storage', a.attstorage, 'compression', a.attcompression,
               'statistics target', a.attstattarget, 'options',
               -- A stamp that some builds put there themselves.
               (SELECT jsonb_agg(o ORDER BY o) FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg\_attver=%'),
               'privileges', (SELECT jsonb_agg(p::text ORDER BY p::text) FROM unnest(a.attacl) p))
      FROM relations r
      JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE r.relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT 'constraint ' || quote_ident(c.conname) || ' on ' || coalesce(r.shown, c.contypid::regtype::text),
           jsonb_build_object('definition', pg_get_constraintdef(c.oid), 'validated', c.convalidated,
               'inherited', c.coninhcount, 'local', c.conislocal)
      FROM pg_constraint c
      JOIN schemas n ON n.oid = c.connamespace
      LEFT JOIN relations r ON r.oid = c.conrelid
     WHERE c.contype <> 't'
    UNION ALL
    SELECT 'index ' || r.shown,
           jsonb_build_object('definition', pg_get_indexdef(i.indexrelid), 'table', i.indrelid::regclass::text,
               'valid', i.indisvalid,
               'owner', pg_get_userbyid(r.relowner), 'clustered', i.indisclustered,
               'replica identity', i.indisreplident, 'options', r.reloptions,
               'statistics targets', (SELECT jsonb_agg(a.attstattarget ORDER BY a.attnum) FROM pg_attribute a
                                       WHERE a.attrelid = r.oid))
      FROM pg_index i JOIN relations r ON r.oid = i.indexrelid
    UNION ALL
    SELECT 'trigger ' || quote_ident(t.tgname) || ' on ' || r.shown,
           jsonb_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled)
      FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'policy ' || quote_ident(p.polname) || ' on ' || r.shown,
           jsonb_build_object('command', p.polcmd, 'permissive', p.polpermissive,
               'roles', (SELECT jsonb_agg(pg_get_userbyid(o) ORDER BY 1) FROM unnest(p.polroles) o),
               'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
      FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
    UNION ALL
    SELECT 'rule ' || quote_ident(w.rulename) || ' on ' || r.shown,
           jsonb_build_object('definition', pg_get_ruledef(w.oid), 'enabled', w.ev_enabled)
      FROM pg_rewrite w JOIN relations r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure::text,
           jsonb_build_object('definition', CASE WHEN p.prokind IN ('f', 'p', 'w') THEN pg_get_functiondef(p.oid) END,
               'owner', pg_get_userbyid(p.proowner), 'privileges', (SELECT jsonb_agg(a::text ORDER BY a::text)
                  FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) a))
      FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace
     WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'numbering of ' || r.shown,
           jsonb_build_object('type', s.seqtypid::regtype::text, 'start', s.seqstart, 'by', s.seqincrement,
               'least', s.seqmin, 'most', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle,
               'last value', pg_sequence_last_value(s.seqrelid),
               'owned by', (SELECT refobjid::regclass::text || '.' || refobjsubid FROM pg_depend d
                             WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid
                               AND d.deptype IN ('a', 'i') LIMIT 1))
      FROM pg_sequence s JOIN relations r ON r.oid = s.seqrelid
    UNION ALL
    SELECT 'type ' || t.oid::regtype::text,
           jsonb_build_object('owner', pg_get_userbyid(t.typowner), 'kind', t.typtype, 'base', format_type(t.typbasetype, t.typtypmod),
               'default', t.typdefault, 'not null', t.typnotnull,
               'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
               'attributes', (SELECT jsonb_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
                                FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid
                                                      AND a.attnum > 0 AND NOT a.attisdropped))
      FROM pg_type t JOIN schemas n ON n.oid = t.typnamespace
     WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c'))
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'comment on ' || i.type || ' ' || i.identity, jsonb_build_object('text', d.description)
      FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
     -- PostgreSQL's own have the numbers below (transam.h), the schema public too; five thousand of them have comments.
     WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass)
       AND (i.schema IN (SELECT nspname FROM schemas)
            OR i.type = 'schema' AND d.objoid IN (SELECT oid FROM schemas)
            OR i.identity ~ ' on ' AND NOT i.identity ~ '(pg_catalog|information_schema)')
    UNION ALL
    SELECT 'statistics ' || quote_ident(n.nspname) || '.' || quote_ident(x.stxname),
           jsonb_build_object('definition', pg_get_statisticsobjdef(x.oid), 'owner', pg_get_userbyid(x.stxowner),
                              'target', x.stxstattarget)
      FROM pg_statistic_ext x JOIN schemas n ON n.oid = x.stxnamespace
    UNION ALL
    SELECT 'extension ' || extname, jsonb_build_object('version', extversion) FROM pg_extension
    UNION ALL
    SELECT 'default privileges of ' || pg_get_userbyid(defaclrole) || ' in ' || defaclnamespace::regnamespace::text
               || ' on ' || defaclobjtype::text,
           jsonb_build_object('privileges', (SELECT jsonb_agg(a::text ORDER BY a::text) FROM unnest(defaclacl) a))
      FROM pg_default_acl
)
SELECT name, fact FROM facts
