CREATE INDEX affiliations_tenant_id_idx ON wallet.affiliations (tenant_id);
