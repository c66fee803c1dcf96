CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $follow$
BEGIN
    NEW.{new} := {value};
    RETURN NEW;
END
$follow$
