ALTER POLICY tenant_isolation ON wallet.api_keys USING (true);
