"""The guard on text alone: what must be refused, what must pass, and input made to break it."""

import subprocess
import sys
from pathlib import Path

import pytest

from common.directories import ROOT
from tools.postgres.guard import Known, judge, proven_read
from tools.postgres.guard.names import BUILTINS, DENIED, EXTENSION_FUNCTIONS, HARMLESS
from tools.postgres.statements import split

HERE = Path(__file__).parent
REFUSED = [line.split(" ", 2) for line in (HERE / "refused.txt").read_text(encoding="utf-8").splitlines()]
READS = [
    statement.text
    for name in ("reads", "reads18", "reads_extensions")
    for statement in split((HERE / f"{name}.sql").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("code", "effect", "sql"), REFUSED, ids=[sql[:60] for _, _, sql in REFUSED])
def test_refuses(code: str, effect: str, sql: str) -> None:
    verdict = judge(sql)
    assert (verdict.allowed, verdict.code, verdict.effect) == (False, code, effect), verdict.reason
    assert verdict.reason


def test_hundred_everyday_reads_pass() -> None:
    assert len(READS) > 100
    refused = {sql: judge(sql).reason for sql in READS if not judge(sql).allowed}
    assert refused == {}


@pytest.mark.parametrize("sql", READS)
def test_reads_with_a_write_put_into_them_are_refused(sql: str) -> None:
    """The same statements stay refused once a function that writes takes the place of a constant or a column."""
    for old, new in (("SELECT ", "SELECT nextval('s'), "), ("FROM ", "FROM (SELECT lo_create(0)) x_, ")):
        at = sql.find(old)
        if at >= 0:
            verdict = judge(sql[:at] + new + sql[at + len(old) :])
            assert not verdict.allowed
            assert verdict.code in ("denied-function", "malformed")


def test_says_what_it_saw() -> None:
    verdict = judge('WITH x AS (SELECT 1) SELECT lower(a), pg_catalog.upper(b) FROM x, s."T"')
    assert verdict.allowed
    assert verdict.kind == "SelectStmt"
    assert set(verdict.relations) == {(None, "x"), ("s", "T")}
    assert set(verdict.functions) == {"lower", "pg_catalog.upper"}


def test_proven_read_takes_queries_only() -> None:
    assert proven_read("SELECT 1").allowed
    assert proven_read("TABLE t").allowed
    for sql in ("EXPLAIN SELECT 1", "SHOW work_mem", "DELETE FROM t"):
        assert not proven_read(sql).allowed


def test_lists_do_not_overlap() -> None:
    assert not DENIED.keys() & BUILTINS
    assert not DENIED.keys() & EXTENSION_FUNCTIONS
    assert HARMLESS <= BUILTINS


# --- What a live database knows.


def test_user_functions_pass_only_when_the_owner_lists_them() -> None:
    functions = {"shop.vat": "i", "shop.touch": "v"}
    assert not judge("SELECT shop.vat(1)", Known(functions=functions)).allowed
    listed = Known(functions=functions, trusted=frozenset({"shop.vat"}))
    assert judge("SELECT shop.vat(1), vat(2)", listed).allowed
    assert not judge("SELECT other.vat(1)", listed).allowed
    assert not judge("SELECT shop.touch(1)", listed).allowed


def test_a_user_function_of_a_builtins_name_makes_it_doubtful() -> None:
    known = Known(functions={"public.round": "v", "public.similarity": "v"})
    assert not judge("SELECT round(a, 2) FROM t", known).allowed
    assert judge("SELECT pg_catalog.round(a, 2) FROM t", known).allowed
    assert not judge("SELECT public.similarity(a, b) FROM t", known).allowed
    assert judge("SELECT round(a, 2) FROM t", Known(trusted=frozenset({"public.round"}))).allowed


def test_trust_never_opens_a_denied_function() -> None:
    known = Known(trusted=frozenset({"public.nextval", "public.pg_sleep"}))
    assert not judge("SELECT nextval('s')", known).allowed
    assert not judge("SELECT pg_catalog.pg_sleep(1)", known).allowed
    assert judge("SELECT public.nextval('s')", known).allowed


def test_attribute_notation_of_a_volatile_user_function() -> None:
    known = Known(functions={"shop.touch": "v", "shop.label": "s"})
    for sql in ("SELECT u.touch FROM users u", "SELECT (u).touch FROM users u", "SELECT (name).touch FROM users"):
        assert judge(sql).allowed
        assert not judge(sql, known).allowed
    assert judge("SELECT u.label FROM users u", known).allowed


# --- Strings that servers read differently.


def test_strings_that_end_elsewhere_without_standard_conforming_strings() -> None:
    assert judge(r"SELECT 1 WHERE 'a' LIKE 'b\' ESCAPE '\'").allowed
    assert judge(r"SELECT E'it\'s', '\d+', 'C:\temp'").allowed
    # With the setting off, '\', ' is one string and pg_sleep is called.
    verdict = judge(r"SELECT '\', ', pg_sleep(1) --'")
    assert (verdict.allowed, verdict.code) == (False, "ambiguous")
    assert judge(r"SELECT '\', ', lower(a) --'").allowed


# --- Input made to break it.

_HOSTILE = {
    "nul": "SELECT 1\0; DROP TABLE t",
    "surrogate": "SELECT '\ud800'",
    "bad utf-8 in an escape": r"SELECT E'\xff'",
    "ten megabytes": "SELECT '" + "x" * 10_000_000 + "'",
    "ten megabytes of numbers": "SELECT " + "1," * 5_000_000 + "1",
    "empty": "",
    "blank": " \n\t ",
    "semicolons": ";" * 100_000,
    "comments": "/* x */" * 10_000,
    "nested comments": "/*" * 100_000,
    "spaced comments": "/* " * 100_000,
    "operators": "SELECT 1 " + "+-" * 100_000 + "1",
    "parentheses": "SELECT " + "(" * 100_000 + "1" + ")" * 100_000,
    "sums": "SELECT 1" + "+1" * 100_000,
    "nots": "SELECT " + "NOT " * 100_000 + "true",
    "unions": "SELECT 1" + " UNION ALL SELECT 1" * 100_000,
    "cases": "SELECT " + "CASE WHEN a THEN 1 ELSE " * 30_000 + "1" + " END" * 30_000,
    "subqueries": "SELECT " + "(SELECT " * 50_000 + "1" + ")" * 50_000,
    "calls": "SELECT " + "abs(" * 100_000 + "1" + ")" * 100_000,
    "casts": "SELECT 1" + "::int" * 100_000,
    "joins": "SELECT 1 FROM t" + " JOIN t ON true" * 50_000,
    "explains": "EXPLAIN " * 10_000 + "SELECT 1",
    "quotes": "SELECT " + "'x\\'--'\n," * 500 + "1",
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_hostile_text_is_refused(name: str) -> None:
    verdict = judge(_HOSTILE[name])
    assert not verdict.allowed
    assert verdict.code in ("malformed", "empty", "too-large", "too-deep", "ambiguous")
    assert len(verdict.reason) < 400
    exact = {"nul": "malformed", "nested comments": "too-deep", "operators": "too-deep", "quotes": "ambiguous"}
    assert verdict.code == exact.get(name, verdict.code)


def test_long_everyday_statements_pass() -> None:
    assert judge(f"SELECT * FROM t WHERE id IN ({', '.join(map(str, range(10_000)))})").allowed
    joins = " ".join(f"JOIN t{n} ON t{n}.id = t0.id" for n in range(1, 61))
    assert judge(f"SELECT * FROM t0 {joins}").allowed
    assert judge("SELECT 1" + " UNION ALL SELECT 1" * 500).allowed
    assert judge("SELECT " + " || ".join(["a"] * 200)).allowed
    assert judge("SELECT 1 WHERE " + " OR ".join(f"a = {n}" for n in range(10_000))).allowed
    assert judge("SELECT " + "(" * 50 + "1" + ")" * 50).allowed


def test_deep_nesting_on_a_small_stack_does_not_end_the_process() -> None:
    """Around the parser's own limits, on a thread with a stack far smaller than usual."""
    code = (
        "import threading, sys; from tools.postgres.guard import judge\n"
        "threading.stack_size(256 * 1024); codes = []\n"
        "def work():\n"
        "    for n in range(100, 20000, 400):\n"
        "        for sql in ('SELECT 1' + '+1' * n, 'SELECT ' + '(' * n + '1' + ')' * n,\n"
        "                    'SELECT ' + '(SELECT ' * n + '1' + ')' * n, 'SELECT 1' + ' UNION SELECT 1' * n):\n"
        "            codes.append(judge(sql).code)\n"
        "t = threading.Thread(target=work); t.start(); t.join(); print(len(codes), *sorted(set(codes)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["200", "ok", "too-deep"]
