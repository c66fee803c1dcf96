-- %(roots)s: what the change is about; %(children)s: whether tables that reference it come along; %(writes)s: whether it
-- may write or change definitions, so that what foreign keys lead to, and the views upon it, matter.
WITH RECURSIVE
uses AS (  -- view -> what it selects from
    SELECT DISTINCT r.ev_class AS view, d.refobjid AS relation
      FROM pg_rewrite r
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
),
core AS (  -- partitions and inheritance in both directions
    SELECT r::oid AS oid FROM unnest(%(roots)s::bigint[]) AS r
    UNION
    SELECT CASE WHEN i.inhrelid = core.oid THEN i.inhparent ELSE i.inhrelid END
      FROM core JOIN pg_inherits i ON core.oid IN (i.inhrelid, i.inhparent)
),
above AS (  -- the views upon the core, and upon those
    SELECT oid FROM core
    UNION
    SELECT uses.view FROM above JOIN uses ON uses.relation = above.oid WHERE %(writes)s
),
start AS (
    SELECT oid FROM above
    UNION
    SELECT con.conrelid FROM pg_constraint con JOIN core ON con.confrelid = core.oid
     WHERE con.contype = 'f' AND con.conparentid = 0 AND %(children)s
),
edges AS (
    SELECT conrelid AS source, confrelid AS target FROM pg_constraint WHERE contype = 'f' AND %(writes)s
    UNION ALL SELECT inhrelid, inhparent FROM pg_inherits
    UNION ALL SELECT inhparent, inhrelid FROM pg_inherits
    UNION ALL SELECT view, relation FROM uses
    UNION ALL  -- a sequence that a default reads
    SELECT a.adrelid, d.refobjid
      FROM pg_attrdef a
      JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> a.adrelid
    UNION ALL  -- a sequence that a column owns
    SELECT refobjid, objid FROM pg_depend
     WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
),
needed AS (
    SELECT oid FROM start
    UNION
    SELECT edges.target FROM needed JOIN edges ON edges.source = needed.oid
)
SELECT c.oid::bigint AS oid, c.oid IN (SELECT oid FROM core) AS core, c.oid IN (SELECT oid FROM start) AS start
  FROM needed JOIN pg_class c ON c.oid = needed.oid
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
