"""Statements for the write-detector: reads, and writes in every disguise that a text can put on."""

from collections.abc import Callable, Sequence
from random import Random

SECRET_FILE = "canary.txt"

SAMPLES: dict[str, Sequence[str]] = {
    "text": (
        "'DELETE FROM victim'",
        "'victim'",
        "'victim_seq'",
        "'canary.txt'",
        "'simple'",
        "'primary_conninfo'",
        "$q$SELECT lo_create(0)$q$",
        "'.'",
        "'x'",
        "'SELECT usename, passwd FROM pg_shadow'",
    ),
    "int4": ("1", "7", "0", "-1"),
    "int8": ("1::int8", "7::int8"),
    "int2": ("1::int2",),
    "bool": ("true", "false"),
    "oid": ("'victim'::regclass::oid", "1260", "7"),
    "name": ("'victim'::name", "'x'::name"),
    "regclass": ("'victim'::regclass", "'victim_seq'::regclass", "'pg_authid'::regclass", "'victim_pkey'::regclass"),
    "float8": ("0.2::float8", "1::float8"),
    "float4": ("0.5::float4",),
    "numeric": ("1.5", "2"),
    "interval": ("interval '10 ms'",),
    "timestamptz": ("now()",),
    "timestamp": ("localtimestamp",),
    "date": ("current_date",),
    "bytea": ("'\\x6162'::bytea",),
    "json": ("'{\"a\": 1}'::json",),
    "jsonb": ("'{\"a\": 1}'::jsonb",),
    "jsonpath": ("'$.a'::jsonpath",),
    "xml": ("'<a/>'::xml",),
    "tsquery": ("'a & b'::tsquery",),
    "tsvector": ("'a b'::tsvector",),
    "regconfig": ("'simple'::regconfig",),
    "_text": ("ARRAY['a', 'b']",),
    "_int4": ("ARRAY[1, 2]",),
    "anyarray": ("ARRAY[1, 2]",),
    "anycompatiblearray": ("ARRAY[1, 2]",),
    "anyelement": ("1",),
    "anycompatible": ("1",),
    "any": ("1",),
    "anynonarray": ("1",),
    "anyrange": ("int4range(1, 3)",),
    "pg_lsn": ("pg_current_wal_lsn()",),
    "uuid": ("gen_random_uuid()",),
    "inet": ("'10.0.0.1'::inet",),
    "record": ("ROW(1, 'a')",),
    "regprocedure": ("'lower(text)'::regprocedure",),
    "xid": ("'700'::xid",),
    "xid8": ("'700'::xid8",),
    "char": ("'a'::\"char\"",),
    "bpchar": ("'a'::bpchar",),
    "varchar": ("'a'::varchar",),
    "cid": ("'1'::cid",),
    "tid": ("'(0,1)'::tid",),
    "txid_snapshot": ("txid_current_snapshot()",),
    "pg_snapshot": ("pg_current_snapshot()",),
    "refcursor": ("'c'::refcursor",),
}
"""Constants to call functions with, by type."""

WRITE_CALLS = (
    "nextval('victim_seq')", "setval('victim_seq', 99)", "lo_create(0)", "lo_from_bytea(0, 'x')", "lo_unlink(4711)",
    "pg_advisory_lock(1)", "pg_try_advisory_lock(2)", "pg_advisory_xact_lock(3)", "set_config('app.x', 'y', false)",
    "set_config('work_mem', '1234kB', false)", "query_to_xml('DELETE FROM victim', true, true, '')",
    "table_to_xml('pg_authid', true, true, '')", "pg_notify('a', 'b')", "txid_current()", "pg_current_xact_id()",
    "pg_logical_emit_message(true, 'a', 'b')", "pg_export_snapshot()", "pg_stat_reset()", "pg_switch_wal()",
    "pg_create_restore_point('x')", "pg_read_file('canary.txt')", "pg_read_binary_file('canary.txt')",
    "lo_import('canary.txt')",
    "evil(1)", "public.evil(1)", "evil_text('a')", "shop.lower('a')", "pg_stat_statements_reset()", "lo_get(4711)",
    "pg_create_physical_replication_slot('x')", "pg_replication_origin_create('x')", "database_to_xml(true, true, '')",
    "(SELECT 1 OPERATOR(shop.+) 2)",
    "pg_terminate_backend((SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'bystander'))",
    "currval('victim_seq')", "pg_sequence_last_value('victim_seq')", "current_setting('work_mem')", "pg_ls_dir('.')",
    "('canary.txt'::text).pg_read_file", "('victim_seq'::regclass).nextval", "('a'::text).evil_text", "(1).evil",
    "ts_rewrite('a'::tsquery, 'SELECT usename::tsquery, passwd::tsquery FROM pg_shadow')", "pg_reload_conf()",
    "(SELECT f.pg_read_file FROM lower('canary.txt') f)", "(SELECT f.nextval FROM to_regclass('victim_seq') f)",
)  # fmt: skip

READ_CALLS = (
    "lower('A')", "abs(-1)", "now()", "random()", "pg_size_pretty(pg_relation_size('victim'))",
    "jsonb_build_object('a', 1)",
    "to_tsvector('simple', 'a b')", "length(repeat('DELETE FROM victim', 3))", "to_char(now(), 'YYYY')",
    "gen_random_uuid()",
    "has_table_privilege('victim', 'DELETE')", "pg_get_viewdef('pg_stats'::regclass)", "(SELECT max(id) FROM victim)",
    "generate_series(1, 3)", "unnest(ARRAY[1, 2])", "pg_backend_pid()", "md5('x')", "('abc'::text).upper",
)  # fmt: skip

WRITE_STATEMENTS = (
    "DELETE FROM victim WHERE id = 1 RETURNING id", "INSERT INTO victim VALUES (999, 'x') RETURNING id",
    "UPDATE victim SET name = name RETURNING id",
    "MERGE INTO victim v USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
)  # fmt: skip

OTHER_STATEMENTS = (
    "SELECT * INTO loot FROM victim", "CREATE TABLE loot AS TABLE victim", "CREATE TABLE loot ()", "DROP TABLE victim",
    "TRUNCATE victim", "VACUUM victim", "ANALYZE victim", "REINDEX TABLE victim",
    "COPY victim TO PROGRAM 'cat > /dev/null'",
    "COPY (SELECT 1) TO '/tmp/dbcrew_guard_loot'", "DO $$ BEGIN DELETE FROM victim; END $$", "CALL evil_call()",
    "SET work_mem = '1234kB'", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "RESET ALL", "DISCARD ALL",
    "LISTEN x",
    "NOTIFY x", "LOCK TABLE victim", "BEGIN", "COMMIT", "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "PREPARE p AS DELETE FROM victim",
    "EXECUTE p", "EXPLAIN ANALYZE DELETE FROM victim", "EXPLAIN ANALYZE EXECUTE p", "ALTER SYSTEM SET work_mem = '9MB'",
    "ALTER TABLE victim ADD extra int", "CREATE ROLE loot", "GRANT ALL ON victim TO PUBLIC",
    "COMMENT ON TABLE victim IS 'x'",
    "SELECT * FROM victim FOR UPDATE", "SELECT * FROM (SELECT id FROM victim FOR KEY SHARE) s", "TABLE pg_authid",
    "TABLE pg_shadow",
    "SELECT 1; DELETE FROM victim", "EXPLAIN ANALYZE CREATE TABLE loot AS SELECT 1", "CHECKPOINT",
    "REFRESH MATERIALIZED VIEW victim_view",
    "SELECT * FROM pg_hba_file_rules", "SHOW work_mem", "SECURITY LABEL ON TABLE victim IS 'x'",
    "CREATE EXTENSION dblink",
)  # fmt: skip


def statement(random: Random, calls: Sequence[str]) -> str:
    """One statement: a read around calls that may write, a write in a CTE, or a statement of another kind; disguised."""
    draw = random.random()
    if draw < 0.05:
        text = random.choice(OTHER_STATEMENTS)
    elif draw < 0.15:
        text = f"WITH w AS ({random.choice(WRITE_STATEMENTS)}) {_query(random, calls, 1)}"
    else:
        text = _query(random, calls, 0)
    if random.random() < 0.1:
        text = (
            random.choice(("EXPLAIN ", "EXPLAIN ANALYZE ", "EXPLAIN (ANALYZE, VERBOSE) ", "EXPLAIN (COSTS off) "))
            + text
        )
    return _disguised(random, text)


def call(random: Random, name: str, types: Sequence[str]) -> str:
    """A call of a function with constants of these types, written in one of the ways SQL has for it."""
    args = [random.choice(SAMPLES.get(kind, (f"NULL::{_type(kind)}",))) for kind in types]
    if len(args) == 1 and random.random() < 0.3:
        if random.random() < 0.5:
            return f"({args[0]}).{_name(random, name)}"
        return f"(SELECT f.{_name(random, name)} FROM unnest(ARRAY[{args[0]}]) f)"
    schema = random.choice(("", "", "pg_catalog.", '"pg_catalog".'))
    return f"{schema}{_name(random, name)}({', '.join(args)})"


def _type(kind: str) -> str:
    return f"{kind[1:]}[]" if kind.startswith("_") else f'"{kind}"'


def _name(random: Random, name: str) -> str:
    ways: Sequence[Callable[[], str]] = (
        lambda: name,
        lambda: name.upper(),
        lambda: f'"{name}"',
        lambda: 'U&"' + "".join(f"\\{ord(c):04x}" if random.random() < 0.5 else c for c in name) + '"',
    )
    return random.choice(ways)()


def _query(random: Random, calls: Sequence[str], depth: int) -> str:
    def one() -> str:
        if depth < 3 and random.random() < 0.15:
            return f"({_query(random, calls, depth + 1)} LIMIT 1)"
        return random.choice(calls)

    shapes: Sequence[Callable[[], str]] = (
        lambda: f"SELECT {one()}",
        lambda: f"SELECT {one()}, {one()} FROM victim",
        lambda: f"SELECT id FROM victim WHERE {one()} IS NOT NULL",
        lambda: (
            f"SELECT * FROM {random.choice(calls)} AS f"
            if random.random() < 0.7
            else f"SELECT * FROM ROWS FROM ({one()}) AS f"
        ),
        lambda: f"SELECT * FROM victim v, LATERAL (SELECT {one()}) l(x)",
        lambda: f"WITH c AS (SELECT {one()} AS x) SELECT x FROM c",
        lambda: (
            f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2 AND {one()} IS NOT NULL) TABLE c"
        ),
        lambda: f"SELECT count(*) FILTER (WHERE {one()} IS NOT NULL) FROM victim",
        lambda: f"SELECT count(*) OVER (ORDER BY {one()}) FROM victim",
        lambda: f"SELECT id FROM victim ORDER BY {one()}",
        lambda: f"SELECT CASE WHEN {one()} IS NULL THEN 1 ELSE 2 END",
        lambda: f"SELECT coalesce(NULL::text, ({one()})::text), ARRAY[({one()})::text]",
        lambda: f"VALUES (({one()})::text)",
        lambda: f"SELECT max(id) FROM victim GROUP BY ({one()})::text HAVING {one()} IS NOT NULL",
        lambda: f"SELECT EXISTS (SELECT {one()}), ROW({one()}), ({one()})::text LIKE '%'",
        lambda: f"SELECT 1 FROM victim a JOIN victim b ON a.id = b.id AND {one()} IS NOT NULL",
        lambda: f"SELECT xmlelement(NAME a, {one()})",
        lambda: f"SELECT '{one().replace(chr(39), chr(39) * 2)}', $q${one().replace('$q$', '')}$q$",
        lambda: f"SELECT ({one()})::text UNION ALL SELECT ({one()})::text",
        lambda: f"SELECT string_agg(({one()})::text, ',' ORDER BY ({one()})::text) FROM victim",
        lambda: f"SELECT id FROM victim LIMIT (SELECT length(({one()})::text))",
        lambda: f"SELECT DISTINCT ON (({one()})::text) id FROM victim",
    )
    return random.choice(shapes)()


def _disguised(random: Random, text: str) -> str:
    draw = random.random()
    if draw < 0.1:
        return f"/* {random.choice(OTHER_STATEMENTS)} */ {text} -- ; DROP TABLE victim"
    if draw < 0.15:
        return text.replace(" ", random.choice(("\n", "\t", "/**/", " /* /* x */ */ ", " --\n")))
    if draw < 0.2:
        return text.replace("SELECT", "sElEcT").replace("DELETE", "dElEtE")
    if draw < 0.23:
        return text + ";"
    return text
