GRANT USAGE ON SCHEMA {schema} TO {role};
DO $$ DECLARE relation regclass; BEGIN
    -- Only an owner may grant: what others own here is left out.
    FOR relation IN SELECT oid FROM pg_catalog.pg_class
        WHERE relnamespace = {schema_text}::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
          AND pg_has_role(current_user, relowner, 'USAGE')
    LOOP EXECUTE format('GRANT SELECT ON %s TO %I', relation, {role_text}); END LOOP;
END $$;
