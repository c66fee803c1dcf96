-- A convention: no column of the schema has a time zone.
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, created_at timestamp, updated_at timestamp, day date, at time);
