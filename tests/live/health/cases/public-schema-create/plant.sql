-- expects public-schema-create public
-- expects public-schema-create s
CREATE SCHEMA s;
GRANT CREATE ON SCHEMA public, s TO PUBLIC;
