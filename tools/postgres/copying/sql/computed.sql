-- Stored generated columns of a table.
SELECT a.attname FROM pg_attribute a
 WHERE a.attrelid = to_regclass(%(table)s) AND a.attgenerated = 's' AND NOT a.attisdropped
