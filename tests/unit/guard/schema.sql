-- A small shop and wallet platform for the reads beside this file to run on.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;
CREATE EXTENSION IF NOT EXISTS intarray;
CREATE EXTENSION IF NOT EXISTS pgstattuple;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped', 'cancelled');
CREATE TYPE postal AS (street text, city text, zip text);
CREATE DOMAIN email AS citext CHECK (VALUE ~ '@');
CREATE TABLE tenants (id int PRIMARY KEY, name text, plan text, settings jsonb DEFAULT '{}');
CREATE TABLE users (id int PRIMARY KEY, tenant_id int REFERENCES tenants, name text, mail email, born date,
    created_at timestamptz DEFAULT now(), deleted_at timestamptz, tags text[] DEFAULT '{}', address postal, extra hstore);
CREATE TABLE categories (id int PRIMARY KEY, parent_id int, name text, path ltree);
CREATE TABLE products (id int PRIMARY KEY, category_id int, name text, description text, price numeric(15, 2),
    attributes jsonb DEFAULT '{}', search tsvector, codes int[] DEFAULT '{}');
CREATE TABLE orders (id int PRIMARY KEY, user_id int, status order_status, total numeric(15, 2), placed_at timestamptz,
    shipped_at timestamptz, notes text, currency char(3) DEFAULT 'EUR');
CREATE TABLE items (order_id int, product_id int, quantity int, price numeric(15, 2), PRIMARY KEY (order_id, product_id));
CREATE TABLE bookings (id int PRIMARY KEY, room int, during tstzrange, price numeric);
CREATE TABLE events (id bigint PRIMARY KEY, user_id int, kind text, at timestamptz, payload jsonb);
CREATE TABLE documents (id int PRIMARY KEY, body xml);
INSERT INTO tenants SELECT n, 'tenant ' || n, 'pro' FROM generate_series(1, 3) n;
INSERT INTO users SELECT n, 1 + n % 3, 'user ' || n, 'u' || n || '@example.com', '1990-01-01'::date + n, now(), NULL, '{a,b}'::text[],
    ROW('s', 'Zürich', '8000')::postal, 'a=>1'::hstore FROM generate_series(1, 30) n;
INSERT INTO categories VALUES (1, NULL, 'all', 'all'), (2, 1, 'toys', 'all.toys');
INSERT INTO products SELECT n, 1 + n % 2, 'product ' || n, 'a fine thing', n, '{"color": "red", "sizes": [1, 2]}'::jsonb,
    to_tsvector('simple', 'fine thing'), ARRAY[n] FROM generate_series(1, 20) n;
INSERT INTO orders SELECT n, 1 + n % 30, 'paid'::order_status, n * 10, now() - n * interval '1 day' FROM generate_series(1, 60) n;
INSERT INTO items SELECT o, p, 2, 5 FROM generate_series(1, 60) o, generate_series(1, 3) p;
INSERT INTO bookings VALUES (1, 7, tstzrange(now(), now() + interval '1 day'), 90);
INSERT INTO events SELECT n, 1 + n % 30, 'click', now() - n * interval '1 min', '{"page": "/", "ms": 12}'::jsonb
    FROM generate_series(1, 100) n;
INSERT INTO documents VALUES (1, '<doc><item id="1">x</item></doc>');
