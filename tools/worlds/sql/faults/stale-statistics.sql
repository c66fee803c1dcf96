-- One table's own setting keeps autovacuum's ANALYZE away, then six rows in ten are new.
ALTER TABLE wallet.webhook_deliveries SET (autovacuum_analyze_threshold = 2000000000);
INSERT INTO wallet.webhook_deliveries (endpoint, event, payload, http_status, delivered_at)
SELECT endpoint, 'refund.created', payload, 200, delivered_at
FROM wallet.webhook_deliveries
WHERE id % 5 < 3
ORDER BY id;
