"""No constant of a statement survives normalising, whatever it is written like."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tools.postgres.normal import normal
from tools.postgres.words import words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT 'é', 12 -- why é\n, $1 FROM \"ü\" WHERE a = e'x\\'y' AND b=$q$z$q$",
            'SELECT ?, ? \n, $1 FROM "ü" WHERE a = ? AND b=?',
        ),
        ("SELECT /* secret */ x'ff', 1.5e3, b'01', U&'\\0061'", "SELECT  ?, ?, ?, ?"),
        ("SELECT name FROM t WHERE id = 'cut off", "SELECT name FROM t WHERE id = …"),
        ("/* 'quoted' */ 'open", "…"),
        ("", ""),
    ],
)
def test_constants_and_comments_go(text: str, expected: str) -> None:
    assert normal(text) == expected


def test_numbers_that_postgresql_left_are_positions() -> None:
    assert normal("SELECT a, count(*) FROM t WHERE b = $1 GROUP BY 1", numbers=True).endswith("GROUP BY 1")
    assert normal("ALTER ROLE x PASSWORD 'secret'", numbers=True) == "ALTER ROLE x PASSWORD ?"


@example("\x00", "")
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
def test_a_secret_in_a_string_never_shows(before: str, after: str) -> None:
    text = f"SELECT {before.replace(chr(39), '')} 'hunter2secret' {after}"
    assert "hunter2secret" not in normal(text) or '"' in before or "$" in before or "/*" in before


def test_it_is_cut() -> None:
    assert normal("SELECT " + "a, " * 500, longest=50) == ("SELECT " + "a, " * 500)[:49] + "…"


def test_words_of_a_question() -> None:
    words = words_of("Why is the Wallet history slow? See user_accounts and companies.")
    assert {"wallet", "wallets", "wallet_history", "wallet_histories", "history", "user_accounts", "company"} <= set(
        words
    )
    assert not {"why", "the", "is", "slow"} & set(words)
