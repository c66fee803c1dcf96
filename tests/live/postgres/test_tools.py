"""Each tool on a small shop, on both servers, as the least-privilege role; and what each says when it may not look."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from common.config.settings import Settings
from common.evidence import Status
from tools.postgres.connection import Postgres

BY_CUSTOMER = "SELECT * FROM orders WHERE customer_id = $1 AND status = $2"


@pytest.fixture
def blind(shop: Any) -> Iterator[str]:
    """A role that may connect and nothing else."""
    name = f"blind_{shop.database.name}"
    shop.database.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'blind'")
    yield f"postgresql://{name}:blind@127.0.0.1:{shop.database.server.cluster.port}/{shop.database.name}"
    shop.database.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


async def test_overview(live: Any, look: Any, shop: Any) -> None:
    found = (await look(live, "overview")).data
    assert found["version_num"] // 10_000 == shop.major
    assert found["size_bytes"] > 1_000_000
    assert found["tables"] == 5
    assert found["warnings"] == []
    assert not found["in_recovery"]
    assert {one["name"] for one in found["extensions_installed"]} == {"plpgsql", "pg_stat_statements"}
    assert found["settings"]["track_io_timing"] == "on"
    assert not found["rights"]["superuser"]


async def test_schema_finds_what_the_question_names(live: Any, look: Any) -> None:
    found = (await look(live, "schema", question="Why is the order list slow?")).data
    assert [table["name"] for table in found["tables"]] == ["app.orders"]
    orders = found["tables"][0]
    assert orders["primary_key"] == ["id"]
    assert orders["foreign_keys"][0]["target"] == "app.customers"
    assert orders["referenced_by"] == ["app.lines"]
    assert orders["constraints"] == ["CHECK ((total >= (0)::numeric))"]
    assert orders["rows"] == 10_000
    assert {column["name"]: column["type"] for column in orders["columns"]}["total"] == "numeric(12,2)"
    assert {table["name"] for table in found["related"][:2]} == {"app.customers", "app.lines"}
    assert found["left_out"] == 0


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"names": ["app.customers"]}, ["app.customers"]),
        ({"names": ["CUSTOMERS"]}, ["app.customers"]),
        ({"statements": ["SELECT * FROM app.lines l JOIN orders o ON o.id = l.order_id"]}, ["app.lines", "app.orders"]),
        ({"names": ["events"]}, ["app.events"]),
        ({"statements": ["SELEC broken"]}, []),
        ({"question": "what about the weather"}, []),
    ],
)
async def test_schema_by_name_and_statement(live: Any, look: Any, args: Any, expected: list[str]) -> None:
    found = (await look(live, "schema", **args)).data
    assert sorted(table["name"] for table in found["tables"]) == expected


async def test_schema_of_a_partitioned_table(live: Any, look: Any) -> None:
    events = (await look(live, "schema", names=["events"])).data["tables"][0]
    assert (events["partition_key"], events["partitions"], events["rows"]) == ("RANGE (at)", 1, 100)


async def test_schema_for_a_role_that_may_see_nothing(blind: str, look: Any) -> None:
    evidence = await look(blind, "schema")
    assert evidence.status is Status.NO_DATA
    assert "GRANT USAGE ON SCHEMA" in evidence.data["needs"]
    assert "GRANT SELECT ON ALL TABLES IN SCHEMA" in evidence.data["needs"]


async def test_schema_of_an_empty_database(any_database: Any, look: Any) -> None:
    assert "holds no tables" in (await look(any_database.dsn, "schema")).data["reason"]


async def test_schema_of_ten_thousand_tables(any_database: Any, look: Any) -> None:
    for first in range(0, 10_000, 500):
        any_database.execute(
            f"DO $$ BEGIN FOR n IN {first}..{first + 499} LOOP EXECUTE format("
            "'CREATE TABLE t_%s (id int, parent int, note text)', n); END LOOP; END $$"
        )
    any_database.execute("CREATE TABLE wallet_histories (id int PRIMARY KEY, wallet_id int)")
    evidence = await look(any_database.dsn, "schema", question="the wallet history is slow", tokens=4_000)
    found = evidence.data
    assert [table["name"] for table in found["tables"]] == ["public.wallet_histories"]
    assert found["total"] == 10_001
    assert found["left_out"] > 9_000
    assert found["tokens"] <= 4_000
    assert evidence.statement.count(";\n") < 10


async def test_table_statistics_tell_no_values(live: Any, look: Any) -> None:
    evidence = await look(live, "table_statistics", tables=["orders", "app.customers", "nix"])
    orders, customers = evidence.data["tables"]
    columns = {column["name"]: column for column in orders["columns"]}
    assert columns["status"]["common_shares"] == pytest.approx([0.98, 0.02], abs=0.005)
    assert columns["customer_id"]["distinct_values"] == 500
    assert (orders["rows"], customers["name"]) == (10_000, "app.customers")
    assert evidence.data["unknown"] == ["nix"]
    assert "paid" not in str(evidence.data)
    assert "example.org" not in str(evidence.data)


async def test_table_statistics_of_unknown_and_unseen_tables(live: Any, blind: str, look: Any) -> None:
    unknown = await look(live, "table_statistics", tables=["nix"])
    assert unknown.status is Status.REFUSED
    assert "no table nix" in unknown.data["reason"]
    unseen = await look(blind, "table_statistics", tables=["app.orders"])
    assert unseen.data["unseen"][0].startswith('GRANT SELECT ON "app"."orders" TO "blind_')


async def test_indexes(live: Any, look: Any) -> None:
    found = (await look(live, "indexes", tables=["app.orders"])).data["indexes"]
    assert [index["name"] for index in found] == ["app.orders_pkey"]
    assert found[0]["primary"]
    assert found[0]["valid"]
    assert found[0]["size_bytes"] > 100_000
    assert 0 <= found[0]["bloat_share"] < 0.2
    assert (await look(live, "indexes", tables=["nix"])).status is Status.NO_DATA


async def test_bloat_is_estimated(any_database: Any, look: Any) -> None:
    any_database.execute(
        "CREATE TABLE t (i int PRIMARY KEY) WITH (autovacuum_enabled = off); INSERT INTO t SELECT generate_series(1, 100000)"
    )
    any_database.execute("DELETE FROM t WHERE i % 10 > 0")
    any_database.execute("VACUUM ANALYZE t")
    found = (await look(any_database.dsn, "indexes")).data["indexes"][0]
    assert 0.8 < found["bloat_share"] < 0.95


async def test_top_statements(live: Any, look: Any, shop: Any) -> None:
    shop.database.execute("SELECT count(*) AS secret_free FROM app.orders WHERE status = 'open' AND total > 55")
    found = (await look(live, "top_statements", limit=500)).data
    texts = [one["statement"] for one in found["statements"]]
    mine = next(text for text in texts if "secret_free" in text)
    assert "status = $1 AND total > $2" in mine
    assert not found["only_own"]
    totals = [one["total_ms"] for one in found["statements"]]
    assert totals == sorted(totals, reverse=True)
    assert all("reader_" not in (one["role"] or "") for one in found["statements"])
    assert not any(re.search(r"'(?!\?)", text) for text in texts if "SCRAM" in text or "PASSWORD" in text)
    assert "SCRAM" not in str(texts)


async def test_top_statements_where_the_view_is_missing(any_database: Any, look: Any) -> None:
    evidence = await look(any_database.dsn, "top_statements")
    assert evidence.status is Status.NO_DATA
    assert evidence.data["needs"].startswith("CREATE EXTENSION pg_stat_statements;")


async def test_top_statements_of_others_hidden(blind: str, look: Any) -> None:
    found = (await look(blind, "top_statements")).data
    assert found.get("only_own", True)
    assert "GRANT pg_read_all_stats TO" in found["needs"]
    assert "app.orders" not in str(found.get("statements"))


async def test_a_missing_grant_is_named(blind: str, look: Any) -> None:
    evidence = await look(blind, "explain", sql="SELECT * FROM app.orders")
    assert evidence.status is Status.REFUSED
    assert evidence.data["needs"].startswith('GRANT USAGE ON SCHEMA "app" TO "blind_')


async def test_explain(live: Any, look: Any) -> None:
    generic = (await look(live, "explain", sql=BY_CUSTOMER)).data
    assert generic["generic"]
    assert "customer_id = $1" in str(generic["plan"])
    exact = (await look(live, "explain", sql=BY_CUSTOMER, values=["7", "open"])).data
    assert not exact["generic"]
    assert "'open'" in str(exact["plan"])
    plain = (await look(live, "explain", sql="SELECT * FROM app.orders WHERE status LIKE '%en' -- 100%\n;")).data
    assert plain["cost"] == plain["plan"]["Plan"]["Total Cost"] > 0
    assert plain["settings"] == {}


@pytest.mark.parametrize("tool", ["explain", "explain_analyze"])
@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM app.orders", "DELETE"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("SELEC 1", "not valid SQL"),
        ("SELECT * FROM app.nix", "app.nix"),
        ("SELECT pg_sleep(1)", "pg_sleep"),
        ("SELECT * FROM app.orders FOR UPDATE", "FOR UPDATE"),
        ("SELECT pg_read_file('/etc/passwd')", "pg_read_file"),
        ("SELECT 1 \0", "NUL byte"),
    ],
)
async def test_what_may_not_be_explained(live: Any, look: Any, tool: str, statement: str, reason: str) -> None:
    evidence = await look(live, tool, sql=statement)
    assert evidence.status is Status.REFUSED
    assert reason in evidence.data["reason"]


async def test_own_functions_do_not_run(shop: Any, live: Any, look: Any) -> None:
    shop.database.execute(
        "CREATE FUNCTION app.sly() RETURNS int LANGUAGE plpgsql IMMUTABLE"
        " AS $$ BEGIN PERFORM pg_advisory_lock(5); RETURN 1; END $$"
    )
    try:
        for tool, statement in (("explain", "SELECT app.sly()"), ("explain_analyze", "SELECT sly()")):
            evidence = await look(live, tool, sql=statement)
            assert evidence.status is Status.REFUSED
            assert "DBCREW_TRUSTED_FUNCTIONS=app.sly" in evidence.data["needs"]
        trusting = Settings(trusted_functions=" app.sly, app.other")
        assert (await look(live, "explain", trusting, sql="SELECT app.sly() + 1")).ok
        assert (await look(live, "explain", trusting, sql="SELECT app.sly(), setval('s', 1)")).status is Status.REFUSED
    finally:
        shop.database.execute("DROP FUNCTION app.sly()")


async def test_explain_analyze(live: Any, look: Any) -> None:
    evidence = await look(live, "explain_analyze", sql=BY_CUSTOMER, values=["7", "paid"])
    found = evidence.data
    assert found["rows"] == 20
    assert found["runs"] == 3 == len(found["runs_ms"])
    assert min(found["runs_ms"]) == found["fastest_ms"] <= found["execution_ms"] <= max(found["runs_ms"])
    assert found["buffers"]["hit"] > 0
    assert found["plan"]["Plan"]["Actual Loops"] == 1
    assert evidence.statement.count("ANALYZE") == 4


async def test_explain_analyze_says_which_values_it_needs(live: Any, look: Any) -> None:
    for values in (None, ["7"]):
        evidence = await look(live, "explain_analyze", sql=BY_CUSTOMER, values=values)
        assert evidence.status is Status.REFUSED
        assert "$1 bigint, $2 text" in evidence.data["reason"]


async def test_explain_analyze_keeps_to_the_cost_limit(live: Any, look: Any) -> None:
    dear = "SELECT count(*) FROM app.orders a, app.orders b, app.orders c"
    evidence = await look(live, "explain_analyze", sql=dear)
    assert evidence.status is Status.REFUSED
    assert "DBCREW_ANALYZE_COST_LIMIT" in evidence.data["needs"]
    assert "ANALYZE" not in evidence.statement


async def test_explain_analyze_keeps_to_the_time_limit(live: Any, look: Any) -> None:
    slow = "SELECT count(*) FROM generate_series(1, 3000) a, generate_series(1, 100000) b"
    assert (await look(live, "explain_analyze", Settings(statement_timeout_ms=300), sql=slow)).status is not Status.OK
    settings = Settings(statement_timeout_ms=300, analyze_cost_limit=1e12)

    async with await Postgres.connect(live.dsn, settings) as quick:
        assert (await look(quick, "explain_analyze", settings, sql=slow)).status is Status.TIMEOUT


async def test_compare_plans(live: Any, look: Any) -> None:
    scan = (await look(live, "explain_analyze", sql="SELECT * FROM app.orders WHERE id + 0 = 5")).data
    search = (await look(live, "explain_analyze", sql="SELECT * FROM app.orders WHERE id = 5")).data
    found = (await look(live, "compare_plans", before=scan, after=search)).data
    assert found["after_share"] == pytest.approx(search["execution_ms"] / scan["execution_ms"], rel=1e-3)
    assert found["speedup_times"] > 1
    assert found["gone"] == ["Seq Scan on orders"]
    assert found["new"] == ["Index Scan on orders_pkey"]
    assert not found["same_shape"]
    only = (await look(live, "compare_plans", before=scan["plan"], after={"Plan": {"Node Type": "Result"}})).data
    assert only["after_share"] is None
    assert (await look(live, "compare_plans", before={}, after={})).status is Status.REFUSED


async def test_activity_names_who_blocks(live: Any, look: Any, shop: Any) -> None:
    holder = await psycopg.AsyncConnection.connect(shop.database.dsn)
    waiter = await psycopg.AsyncConnection.connect(shop.database.dsn)
    await holder.execute("LOCK TABLE app.orders IN ACCESS EXCLUSIVE MODE")
    task = asyncio.create_task(waiter.execute("SELECT count(*) FROM app.orders WHERE status = 'my secret'"))
    pids = holder.info.backend_pid, waiter.info.backend_pid
    try:
        async with asyncio.timeout(20):
            while not (found := (await look(live, "activity", idle_s=0.001)).data)["blocked"]:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    finally:
        await holder.close()
        await task
        await waiter.close()
    assert found["blocked"] == [pids[1]]
    assert found["roots"] == [pids[0]]
    assert pids[0] in found["idle_in_transaction"]
    assert "my secret" not in str(found)
    held = [lock for lock in found["locks"] if lock["pid"] == pids[0]]
    assert held[0] == {
        "pid": pids[0],
        "mode": "AccessExclusiveLock",
        "granted": True,
        "relation": "app.orders",
        "waiting_s": None,
    }
    assert found["needs"] == ""


async def test_activity_that_is_hidden_is_said_to_be(blind: str, look: Any, shop: Any) -> None:
    with psycopg.connect(shop.database.dsn):
        found = (await look(blind, "activity")).data
    assert any(one["hidden"] for one in found["sessions"])
    assert found["needs"].startswith("GRANT pg_read_all_stats TO")


async def test_settings(live: Any, look: Any, blind: str) -> None:
    found = (await look(live, "settings", names=["vacuum_cost_limit"])).data
    known = {one["name"]: one for one in found["settings"]}
    assert known["work_mem"]["unit"] == "kB"
    assert known["shared_preload_libraries"]["setting"] == "pg_stat_statements"
    assert "vacuum_cost_limit" in known
    assert any(one["name"] == "default_transaction_read_only" for one in found["overridden"])
    assert found["needs"] == ""
    assert "GRANT pg_read_all_settings" in (await look(blind, "settings")).data["needs"]


@pytest.mark.parametrize("tool", ["overview", "indexes", "activity", "settings"])
async def test_a_role_that_may_see_nothing_gets_answers(blind: str, look: Any, tool: str) -> None:
    assert (await look(blind, tool)).status is Status.OK


STATE = """
SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
       (SELECT count(*) FROM pg_locks WHERE relation::regclass::text LIKE 'app.%'),
       (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_largeobject_metadata),
       (SELECT sum(hashtext(t::text)::bigint) FROM app.orders t),
       (SELECT array_agg(last_value::text ORDER BY sequencename) FROM pg_sequences),
       (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables),
       (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbcrew' AND state <> 'idle'),
       (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database())
"""


async def test_no_tool_leaves_a_trace(live: Any, look: Any, shop: Any) -> None:
    """Nor takes a transaction's number, which a read that writes nothing does not."""
    with shop.database.server.alone(), psycopg.connect(shop.database.dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_stat_clear_snapshot()")
        before = admin.execute(STATE).fetchone()
        for tool, args in (
            ("overview", {}),
            ("schema", {"question": "orders"}),
            ("table_statistics", {"tables": ["app.orders"]}),
            ("indexes", {}),
            ("top_statements", {}),
            ("explain", {"sql": BY_CUSTOMER}),
            ("explain_analyze", {"sql": BY_CUSTOMER, "values": ["1", "open"]}),
            ("explain", {"sql": "SELECT nextval('app.orders_id_seq')"}),
            ("explain_analyze", {"sql": "SELECT pg_advisory_lock(1)"}),
            ("explain_analyze", {"sql": "SELECT 1 / (total - total) FROM app.orders"}),
            ("activity", {}),
            ("settings", {}),
        ):
            await look(live, tool, **args)
        assert admin.execute(STATE).fetchone() == before
