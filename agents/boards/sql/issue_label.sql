UPDATE dbcrew.issues
SET labels = ARRAY(SELECT DISTINCT label FROM unnest(labels || %(add)s::text[]) AS label
                   WHERE label <> ALL (%(remove)s::text[]) ORDER BY label)
WHERE number = %(number)s
