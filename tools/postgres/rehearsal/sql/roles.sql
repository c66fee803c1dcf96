-- Roles that own, may or are named by something in this database; all of them where the server has few.
SELECT r.rolname AS name, r.rolbypassrls AS bypassrls,
       ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
              WHERE m.member = r.oid AND g.rolname !~ '^pg_') AS member_of
  FROM pg_roles r
 WHERE r.rolname !~ '^pg_'
   AND ((SELECT count(*) FROM pg_roles) <= 300
        OR r.oid = 10
        OR r.rolname = current_user
        OR r.oid IN (SELECT refobjid FROM pg_shdepend
                      WHERE refclassid = 'pg_authid'::regclass
                        AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))))
