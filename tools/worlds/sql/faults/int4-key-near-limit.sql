-- The sequence stays bigint: only the column runs out.
ALTER TABLE wallet.outbox ALTER COLUMN id TYPE integer USING (id + 2000000000)::integer;
SELECT setval('wallet.outbox_id_seq', (SELECT max(id) FROM wallet.outbox));
