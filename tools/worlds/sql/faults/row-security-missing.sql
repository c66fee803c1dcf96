ALTER TABLE wallet.users DISABLE ROW LEVEL SECURITY;
DROP POLICY tenant_isolation ON wallet.users;
ALTER TABLE wallet.affiliations DISABLE ROW LEVEL SECURITY;
DROP POLICY tenant_isolation ON wallet.affiliations;
