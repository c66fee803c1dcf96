"""A mask that takes the rows a statement finds: its run on the copy blames no index and proves none."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.live.advise.conftest import PASSWORD

PEOPLE = """
CREATE TABLE members (id int PRIMARY KEY, full_name text NOT NULL, grade int NOT NULL, filler text NOT NULL);
INSERT INTO members SELECT g, CASE WHEN g % 400 = 0 THEN 'Smith' ELSE 'Person' || g END, g % 2000, repeat('x', 100)
    FROM generate_series(1, 40000) AS g;
"""
BY_PATTERN = "SELECT id, filler FROM members WHERE full_name LIKE 'Smi%' ORDER BY grade"
BY_GRADE = "SELECT filler FROM members WHERE grade = 17"


@pytest.fixture
def people(database15: Any) -> Any:
    with psycopg.connect(database15.dsn, autocommit=True) as connection:
        connection.execute(PEOPLE)
        connection.execute("VACUUM ANALYZE members")
        connection.execute("CREATE EXTENSION hypopg")
        connection.execute(f"CREATE ROLE reads_members LOGIN PASSWORD '{PASSWORD}'")
        connection.execute("GRANT SELECT ON members TO reads_members")
    yield make_conninfo(database15.dsn, user="reads_members", password=PASSWORD, passfile="")
    with psycopg.connect(database15.dsn, autocommit=True) as connection:
        connection.execute("DROP OWNED BY reads_members")
        connection.execute("DROP ROLE reads_members")


async def test_a_statement_whose_rows_a_mask_took_is_judged_by_the_estimate(
    people: str, advise: Callable[..., Any]
) -> None:
    said = await advise(people, f"{BY_PATTERN};\n{BY_GRADE};\n", "--time", "20", DBCREW_POSTGRESQL_COPY="masked")
    assert any("text_pattern_ops" in each["ddl"] for each in said["indexes"]), said
    assert "judged by the estimate alone" in str(said)
    assert any("(grade)" in each["ddl"] for each in said["indexes"])


async def test_rows_as_they_are_are_measured(people: str, advise: Callable[..., Any]) -> None:
    said = await advise(people, f"{BY_PATTERN};\n", "--time", "20", DBCREW_POSTGRESQL_COPY="rows")
    assert "judged by the estimate alone" not in str(said)
