SELECT own.label AS object,
       own.live_rows AS row_count,
       own.bytes AS size_bytes,
       format('ALTER TABLE %s SET LOGGED; -- writes the whole table to WAL under an exclusive lock', own.quoted) AS remedy
  FROM own
 WHERE own.persistence = 'u' AND own.live_rows > 0
 ORDER BY own.bytes DESC
