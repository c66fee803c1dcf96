-- expects durability-off synchronous_commit of role hasty
CREATE ROLE hasty;
ALTER ROLE hasty SET synchronous_commit = off;
