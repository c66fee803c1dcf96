"""SQL text as statements."""

import pytest

from common.errors import MalformedSql
from tools.postgres.statements import Statement, fingerprint, normalize, relations, split


def test_split_numbers_lines_and_names_kinds() -> None:
    sql = "-- é\n SELECT 'ü;', 1 ; \n/* x; */\n\nALTER TABLE é ADD b int;;  \nDO $$ BEGIN; END $$\n-- end"
    assert split(sql) == [
        Statement("SELECT 'ü;', 1", 2, "SelectStmt"),
        Statement("ALTER TABLE é ADD b int", 5, "AlterTableStmt"),
        Statement("DO $$ BEGIN; END $$\n-- end", 6, "DoStmt"),
    ]
    assert split("") == split("-- nothing\n;;") == []


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT 1;\nSELECT 'é' frm x y", "line 2, column 16"),
        ("SELECT 'abc", "line 1, column 8"),
        ("SELECT 1,\0", "line 1, column 10"),
        ("SELECT '\ud800'", "line 1, column 9"),
        ("SELECT " + "+" * 5000 + "1", "operator"),
        ("SELECT 1" + "+1" * 100_000, "de"),
    ],
)
def test_malformed_text_names_the_place(sql: str, place: str) -> None:
    for work in (split, relations, normalize):
        with pytest.raises(MalformedSql, match=place):
            work(sql)


def test_fingerprint_of_hostile_text() -> None:
    for sql in ("SELECT 1,\0", "SELECT frm 1 2"):
        with pytest.raises(MalformedSql):
            fingerprint(sql)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM a JOIN s.b USING (id), (SELECT 1 FROM a) x", [(None, "a"), ("s", "b")]),
        ("WITH c AS (SELECT * FROM s.t) UPDATE x SET y = 1 FROM c", {(None, "x"), ("s", "t")}),
        ("ALTER TABLE a.b ADD x int", [("a", "b")]),
        ("CREATE TABLE q (a int REFERENCES z (b))", [(None, "q"), (None, "z")]),
        ("CREATE INDEX ON t (a)", [(None, "t")]),
        ("DROP TABLE a.b, c", [("a", "b"), (None, "c")]),
        ("DROP INDEX i", []),
        ("TRUNCATE a, b.c", [(None, "a"), ("b", "c")]),
        ("COPY t FROM STDIN", [(None, "t")]),
        ("SELECT 1", []),
    ],
)
def test_relations(sql: str, expected: object) -> None:
    found = relations(sql)
    assert (set(found) if isinstance(expected, set) else found) == expected


def test_fingerprint_and_normal_form_do_not_see_constants() -> None:
    assert fingerprint("SELECT a FROM t WHERE b = 1") == fingerprint("select a from t where b = 2")
    assert fingerprint("SELECT a FROM t WHERE b = 1") != fingerprint("SELECT a FROM t WHERE c = 1")
    assert normalize("SELECT a FROM t WHERE b = 7 AND c IN (1, 2)") == "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3)"


def test_parameters_are_replaced_and_strings_left_alone():
    from tools.postgres.statements import with_values

    sql = "SELECT '$1', é FROM t WHERE a = $1 AND b > $2 AND c = $10 -- $1"
    assert (
        with_values(sql, {"$1": "'x'::text", "$2": "3"})
        == "SELECT '$1', é FROM t WHERE a = 'x'::text AND b > 3 AND c = $10 -- $1"
    )
