-- What the values of a text column look like; none of them is told.
SELECT count(*) AS looked_at,
       count(v) AS filled,
       count(*) FILTER (WHERE kind = 'number') AS numbers,
       count(*) FILTER (WHERE kind <> 'number') AS failing,
       count(*) FILTER (WHERE kind = 'blank') AS blank,
       count(*) FILTER (WHERE kind = 'words') AS words,
       count(*) FILTER (WHERE kind = 'other') AS others
FROM (
    SELECT v, CASE WHEN v IS NULL THEN NULL
                   WHEN v !~ '\S' THEN 'blank'
                   WHEN %(whole)s AND v ~ '^\s*[-+]?\d+\s*$' THEN 'number'
                   WHEN NOT %(whole)s AND v ~* '^\s*[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|nan|inf(inity)?)\s*$' THEN 'number'
                   WHEN v !~ '\d' THEN 'words'
                   ELSE 'other' END AS kind
    FROM (SELECT {column}::text AS v FROM {table} LIMIT {limit}) AS looked
) AS sorted
