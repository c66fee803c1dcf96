DO $batches$
-- Each batch is a transaction of its own. Run it again after it was stopped: it goes on where it was.
DECLARE
    {declarations}
    finished boolean;
BEGIN
    SELECT {progress_columns}, done INTO {first}, finished FROM {progress};
    IF NOT FOUND THEN
        SELECT {keys} INTO {first} FROM {table} ORDER BY {keys} LIMIT 1;
        finished := NOT FOUND;
        INSERT INTO {progress} SELECT {first}, finished;
    END IF;
    WHILE NOT finished LOOP
        PERFORM set_config('lock_timeout', '{lock_timeout}', true);
        SELECT {keys} INTO {last} FROM (
            SELECT {keys} FROM {table} WHERE ({keys}) >= ({first}) ORDER BY {keys} LIMIT {size}
        ) AS batch ORDER BY {keys_down} LIMIT 1;
        IF FOUND THEN
            {work};
            SELECT {keys} INTO {first} FROM {table} WHERE ({keys}) > ({last}) ORDER BY {keys} LIMIT 1;
        END IF;
        finished := NOT FOUND;
        UPDATE {progress} SET ({progress_columns}, done) = ROW ({first}, finished);
        COMMIT;
        PERFORM pg_sleep({pause});
    END LOOP;
END
$batches$
