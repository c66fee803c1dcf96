SELECT id, tenant_id, role, full_name, status
FROM wallet.users
WHERE lower(email) = lower(%(email)s)
