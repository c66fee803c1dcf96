-- Names are not unique, so the build fails and leaves an index that is kept up to date and never read.
CREATE UNIQUE INDEX CONCURRENTLY users_full_name_key ON wallet.users (tenant_id, full_name);
