-- A slot that has never been read from keeps nothing.
SELECT 1;
