DROP ROLE IF EXISTS strong_app, reads_past, plain_app, group_only;
