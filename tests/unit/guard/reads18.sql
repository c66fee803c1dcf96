-- Reads that need PostgreSQL 17 or later.
SELECT JSON_VALUE(attributes, '$.color' RETURNING text DEFAULT 'none' ON EMPTY), JSON_QUERY(attributes, '$.sizes' WITH WRAPPER), JSON_EXISTS(attributes, '$.x') FROM products;
SELECT p.id, j.* FROM products p, JSON_TABLE(p.attributes, '$' COLUMNS (n FOR ORDINALITY, color text PATH '$.color', NESTED PATH '$.sizes[*]' COLUMNS (size int PATH '$'))) AS j;
SELECT JSON_OBJECT('id': id, 'name': name ABSENT ON NULL), JSON_ARRAY(id, name), JSON_SCALAR(id), JSON('{}') FROM users;
SELECT JSON_ARRAYAGG(name ORDER BY id), JSON_OBJECTAGG(id: name) FROM users;
SELECT id FROM products WHERE attributes IS JSON OBJECT AND JSON_SERIALIZE(attributes RETURNING text) IS NOT NULL;
SELECT any_value(name), array_sample(ARRAY[1, 2, 3], 2), random(1, 6), uuidv7(), casefold('Straße' COLLATE "C") FROM users;
SELECT to_timestamp(0) AT LOCAL, 0xFF, 1_000_000, xmltext('a') IS DOCUMENT;
