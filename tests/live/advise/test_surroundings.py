"""Advice where much is missing (HypoPG, pg_stat_statements, rights), and through a pooler."""

from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

WORKLOAD = """
-- weight: 5
SELECT id, total FROM app.orders WHERE customer_id = 42 ORDER BY at DESC LIMIT 5;
SELECT id FROM app.customers WHERE lower(code) = 'code7';
SELECT count(*) FROM app.orders WHERE state = $1;
SELECT id FROM secret.wages WHERE grade = 7;
SELECT id FROM app.grades WHERE grade = 7;
SELECT v FROM app.fresh WHERE id = 3;
"""
QUESTION = """This is slow since yesterday:

```sql
SELECT id, total FROM app.orders WHERE customer_id = 42 ORDER BY at DESC LIMIT 5;
```
"""


def ddl(answer: Any) -> set[str]:
    """The statements that make the advised indexes."""
    return {each["ddl"] for each in answer["indexes"]}


def chosen(answer: Any) -> set[str]:
    """The names of the indexes that were chosen, those included that the stopwatch then struck out."""
    struck = {note.split()[0] for note in answer["notes"] if "was chosen by estimate" in note}
    return struck | {each["ddl"].split()[3] for each in answer["indexes"]}


async def test_advice_comes_and_what_is_missing_is_named(shop: Any, advise: Any) -> None:
    answer = await advise(shop.reader, WORKLOAD, "--time", "20")
    assert answer["how"] == "copy"
    made = " ".join(ddl(answer))
    assert "app.orders (customer_id" in made
    assert "lower(code)" in made
    assert len([each for each in answer["measured"] if each["after_ms"] < each["before_ms"] / 3]) >= 2
    needs = {each["what"]: each["needs"] for each in answer["missing"]}
    (hypopg,) = [needs[what] for what in needs if "HypoPG" in what]
    assert "hypopg" in hypopg.lower()
    assert any(f'GRANT USAGE ON SCHEMA "secret" TO "{shop.role}"' in each for each in needs.values())
    assert any("app.fresh" in what and "ANALYZE" in each for what, each in needs.items())
    assert any("secret" in each["why"] for each in answer["not_helped"])


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_a_view_over_what_the_role_may_not_read_costs_the_others_nothing(shop: Any, advise: Any) -> None:
    shop.database.execute(f"GRANT USAGE ON SCHEMA secret TO {shop.role}")
    try:
        answer = await advise(shop.reader, WORKLOAD, "--time", "20")
    finally:
        shop.database.execute(f"REVOKE USAGE ON SCHEMA secret FROM {shop.role}")
    assert "app.orders (customer_id" in " ".join(ddl(answer))
    needs = " ".join(each["needs"] for each in answer["missing"])
    assert f'GRANT SELECT ON "secret"."wages" TO "{shop.role}"' in needs


async def test_values_are_taken_from_use_where_they_can_be_seen(shop: Any, advise: Any) -> None:
    text = "SELECT count(*) FROM app.orders WHERE state = $1 AND customer_id > $2"
    with psycopg.connect(make_conninfo(shop.reader), autocommit=True) as busy:
        busy.execute("SELECT count(*) FROM app.orders WHERE state = 'open' AND customer_id > 19000")
        answer = await advise(shop.reader, text, "--time", "15")
    used = [(each["parameter"], each["value"], each["source"]) for each in answer["values_used"]]
    assert ("$1", "'open'", "seen in pg_stat_activity") in used
    assert ("$2", "19000", "seen in pg_stat_activity") in used
    common = [value for name, value, source in used if name == "$1" and "most common value" in source]
    assert common == ["'paid'::text"]


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_the_common_and_the_rare_value_of_a_skewed_column_are_tried(shop: Any, advise: Any) -> None:
    answer = await advise(shop.reader, "SELECT count(total) FROM app.orders WHERE state = $1", "--time", "15")
    assert {each["value"] for each in answer["values_used"]} == {"'paid'::text", "'open'::text"}
    assert all(each["source"] for each in answer["values_used"])


async def test_others_statements_that_are_hidden_are_missed(shop: Any, advise: Any) -> None:
    with psycopg.connect(shop.database.dsn, autocommit=True) as other:
        other.execute("SELECT 1")
        answer = await advise(shop.reader, "SELECT total FROM app.orders WHERE customer_id = $1", "--time", "15")
    needs = [each["needs"] for each in answer["missing"] if "pg_stat_activity" in each["what"]]
    assert needs == [f'GRANT pg_read_all_stats TO "{shop.role}";']
    assert all(each["value"] != "NULL" for each in answer["values_used"])


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_the_pooler_changes_nothing_in_advice(shop: Any, pooled: str, advise: Any) -> None:
    await _same(shop.reader, pooled, "copy", advise)


@pytest.mark.parametrize("any_postgres", [15], indirect=True)
async def test_the_pooler_changes_nothing_with_hypopg(shop: Any, pooled: str, advise: Any) -> None:
    shop.database.execute("CREATE EXTENSION hypopg")
    try:
        await _same(shop.reader, pooled, "hypopg", advise)
        # Hypothetical indexes outlive transactions, on a connection that is not ours.
        with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as client:
            assert client.execute("SELECT count(*) FROM hypopg()").fetchone() == (0,)
    finally:
        shop.database.execute("DROP EXTENSION hypopg")


async def _same(straight_dsn: str, pooled_dsn: str, how: str, advise: Any) -> None:
    straight = await advise(straight_dsn, WORKLOAD, "--time", "60")
    through = await advise(pooled_dsn, WORKLOAD, "--time", "60")
    assert straight["how"] == through["how"] == how
    assert chosen(straight) == chosen(through)
    assert {each["ddl"] for each in straight["indexes"]} & {each["ddl"] for each in through["indexes"]}
    for key in ("values_used", "missing", "drops", "statistics"):
        assert straight[key] == through[key]
    assert [each["statement"] for each in straight["measured"]] == [each["statement"] for each in through["measured"]]


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_nothing_of_ours_stays_on_the_poolers_connection(pooled: str, advise: Any) -> None:
    await advise(pooled, WORKLOAD, "--time", "10")
    with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as client:
        left = "SELECT (SELECT count(*) FROM pg_prepared_statements), current_setting('transaction_read_only')"
        assert client.execute(left).fetchone() == (0, "off")
        assert client.execute("SHOW statement_timeout").fetchone() == ("0",)


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_the_pooler_changes_nothing_in_a_consultation(shop: Any, pooled: str, command: Any) -> None:
    answers = []
    for dsn in (shop.reader, pooled):
        said = await command("consult", QUESTION, "--dsn", dsn, "--json")
        assert said.code in (0, 1), said.err
        answers.append(said.json)
    straight, through = answers
    assert straight["status"] == through["status"] == "done"
    assert [(each["code"], each["object"]) for each in straight["findings"]] == [
        (each["code"], each["object"]) for each in through["findings"]
    ]
    assert straight["findings"]
    assert [(each["tool"], each["status"]) for each in straight["evidence"]] == [
        (each["tool"], each["status"]) for each in through["evidence"]
    ]
    # Which of two indexes that are as fast is proposed is for the stopwatch; that both are on the same key is not.
    keys = [[each["up"].split("(")[1].split(",")[0].rstrip(")") for each in one["proposals"]] for one in answers]
    assert keys[0] == keys[1] == ["customer_id"]


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_the_pooler_changes_nothing_in_a_check_up(shop: Any, pooled: str, command: Any) -> None:
    straight, through = [(await command("health", "--dsn", dsn, "--json")).json for dsn in (shop.reader, pooled)]
    assert [(each["code"], each["object"]) for each in straight["findings"]] == [
        (each["code"], each["object"]) for each in through["findings"]
    ]
    assert straight["not_checked"] == through["not_checked"]


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_a_start_up_option_that_the_pooler_refuses_is_explained(pooled: str, command: Any) -> None:
    said = await command("health", "--dsn", make_conninfo(pooled, options="-c statement_timeout=5s"))
    assert said.code == 3
    assert "ignore_startup_parameters" in said.err
    assert said.err.count("\n") == 1


async def test_text_of_a_latin1_database_through_the_pooler(shop: Any, pooled: str, advise: Any) -> None:
    name = f"{shop.database.name}_l1"
    shop.database.server.execute(
        f"CREATE DATABASE {name} ENCODING latin1 LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    try:
        shop.database.server.execute(
            "CREATE TABLE t AS SELECT g AS id, 'Malm\u00f6' || g % 3000 AS code FROM generate_series(1, 30000) AS g;"
            f" ANALYZE t; GRANT SELECT ON t TO {shop.role}",
            name,
        )
        dsn = make_conninfo(pooled, dbname=name)
        answer = await advise(dsn, "SELECT id FROM t WHERE code = 'Malm\u00f677'", "--time", "10")
    finally:
        shop.database.server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    (index,) = answer["indexes"]
    assert "(code" in index["ddl"]
    assert index["statements"][0]["after_ms"] < index["statements"][0]["before_ms"]
