-- expects timestamp-without-time-zone s.t.paid_at
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, created_at timestamptz, paid_at timestamp);
