CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $both$
BEGIN
    -- Code of before writes {old}, code of after writes {new}: whichever was written counts.
    IF TG_OP = 'INSERT' THEN
        IF NEW.{new} IS NOT DISTINCT FROM {empty} THEN
            NEW.{new} := NEW.{old};
        ELSE
            NEW.{old} := NEW.{new};
        END IF;
    ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} AND NEW.{old} IS NOT DISTINCT FROM OLD.{old} THEN
        NEW.{old} := NEW.{new};
    ELSE
        NEW.{new} := NEW.{old};
    END IF;
    RETURN NEW;
END
$both$
