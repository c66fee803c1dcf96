CREATE ROLE hasty;
ALTER ROLE hasty SET synchronous_commit = remote_write;
