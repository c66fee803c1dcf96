"""A server's log as the workload: what auto_explain and log_min_duration_statement write there."""

from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tools.postgres.advise.logged import from_log

ASKED = "SELECT id, total\nFROM app.orders\nWHERE customer_id = %s AND state = %s"
EXPLAINED = "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_format="


@pytest.mark.parametrize("how", ["text", "json", "duration"])
async def test_statements_come_with_the_values_they_were_run_with(shop: Any, advise: Any, how: str) -> None:
    log = shop.database.server.cluster.log
    before = log.stat().st_size
    options = "-c log_min_duration_statement=0" if how == "duration" else EXPLAINED + how
    with psycopg.connect(make_conninfo(shop.database.dsn, options=options), autocommit=True) as connection:
        connection.execute(ASKED, (4242, "it's"))
        connection.execute(ASKED, (777, None))
        connection.execute("SELECT count(*) FROM app.customers WHERE code = 'Code9'")
    with log.open() as file:
        file.seek(before)
        text = file.read()
    read = from_log(text)
    assert read is not None
    assert not read.bad
    orders = next(each for each in read.items if "app.orders" in each.text)
    customers = next(each for each in read.items if "app.customers" in each.text)
    assert (orders.calls, customers.calls) == (2, 1)
    assert orders.weight == orders.total_ms
    assert customers.text == "SELECT count(*) FROM app.customers WHERE code = 'Code9'"
    if how == "duration" or shop.major >= 16:  # auto_explain writes values since then
        assert {orders.text, *orders.others} == {
            "SELECT id, total\nFROM app.orders\nWHERE customer_id = '4242' AND state = 'it''s'",
            "SELECT id, total\nFROM app.orders\nWHERE customer_id = '777' AND state = $2",
        }
    else:
        assert orders.text == "SELECT id, total\nFROM app.orders\nWHERE customer_id = $1 AND state = $2"
    if how == "text" and shop.major == 18:
        answer = await advise(shop.reader, text, "--time", "10")
        made = " ".join(each["ddl"] for each in answer["indexes"])
        assert "app.orders (customer_id" in made
        assert "app.customers (code" in made
        assert any("in a server's log" in each for each in answer["notes"])


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
def test_a_text_that_is_no_log_is_none(any_postgres: Any) -> None:
    assert from_log("SELECT 'duration: 1.0 ms'; -- a plan: none") is None
    assert from_log("LOG:  duration: 1.000 ms  plan:\n\tsomething else") is None
