"""The servers that the other tests stand on are what tests/README.md says."""

import psycopg


def test_versions_and_settings(any_database):
    with psycopg.connect(any_database.dsn) as connection:
        major = connection.execute("SELECT current_setting('server_version_num')::int / 10000").fetchone()
        assert major == (any_database.major,)
        connection.execute("CREATE EXTENSION pg_stat_statements")
        assert connection.execute("SELECT count(*) >= 0 FROM pg_stat_statements").fetchone() == (True,)


def test_each_has_what_the_other_lacks(database, database15):
    database.execute("CREATE EXTENSION vector")
    database15.execute("CREATE EXTENSION hypopg")


def test_a_loaded_database_is_copied(postgres18, new_database):
    world = new_database(postgres18)
    world.execute("CREATE TABLE a AS SELECT generate_series(1, 10) AS n")
    copy = new_database(postgres18, template=world.name)
    with psycopg.connect(copy.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM a").fetchone() == (10,)
