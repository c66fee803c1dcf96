"""Bloat measured against bloat estimated: both name the planted table, each says how it knows, and they agree."""

import pytest

from tests.live.health.conftest import Look, Server

PLANT = """
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a text);
INSERT INTO s.t SELECT n, repeat('x', 90) FROM generate_series(1, 150000) AS n;
DELETE FROM s.t WHERE id % 10 <> 0;
VACUUM (ANALYZE) s.t;
"""


async def test_measured_and_estimated(server: Server, database: str, look: Look) -> None:
    server.run(database, PLANT)
    server.open(database)
    asked = {"codes": ["bloated-table", "bloated-index"]}
    estimated = {each.code: each.facts for each in (await look(server.reader(database), **asked)).findings}
    server.run(database, "CREATE EXTENSION pgstattuple; GRANT pg_stat_scan_tables TO health_reader;")
    try:
        measured = {each.code: each.facts for each in (await look(server.reader(database), **asked)).findings}
    finally:
        server.run(database, "REVOKE pg_stat_scan_tables FROM health_reader; DROP EXTENSION pgstattuple;")
    assert set(estimated) == set(measured) == {"bloated-table", "bloated-index"}
    for code in estimated:
        assert estimated[code]["how"] == "estimated from statistics"
        assert measured[code]["how"] == "measured by pgstattuple"
        # Nine rows in ten are gone; an estimate may be wrong by a third of the table.
        assert measured[code]["waste_share"] == pytest.approx(0.9, abs=0.08)
        assert estimated[code]["waste_share"] == pytest.approx(measured[code]["waste_share"], abs=0.33)


async def test_what_the_estimate_suspects_and_the_measure_clears(server: Server, database: str, look: Look) -> None:
    """Statistics that are out of date make a full table look empty; where it can be measured, it is not reported."""
    server.run(
        database,
        "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, a text);"
        "INSERT INTO s.t SELECT n, 'x' FROM generate_series(1, 40000) AS n; ANALYZE s.t;"
        "ALTER TABLE s.t SET (autovacuum_enabled = off);"
        "UPDATE pg_class SET reltuples = 3000 WHERE oid = 's.t'::regclass;",
    )
    server.open(database)
    server.run(database, "CREATE EXTENSION pgstattuple; GRANT pg_stat_scan_tables TO health_reader;")
    try:
        health = await look(server.reader(database), codes=["bloated-table"])
    finally:
        server.run(database, "REVOKE pg_stat_scan_tables FROM health_reader; DROP EXTENSION pgstattuple;")
    assert [each for each in health.findings if each.object == "s.t"] == []
