"""Telephone numbers never leave; figures, times, places in the log, versions and identifiers stay."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.redaction import clean, clean_all
from agents.telephones import telephones
from tools.postgres.copying.proofs import is_card

ABROAD = """+491714455667|+49 30 901820|+49-171-4455667|+49 1525 1234567|+31 6 12345678|+43 664 1234567|+49 170 4412937
+49 171 4455667|+49 170 0000037|+1 415 555 2671|+44 20 7946 0958|+33 6 12 34 56 78|+1 (415) 555-2671|+49 (0)171 4455667
+49.1714455667|+49 30/901820|+49‑171‑4455667|+49\u202f171\u202f4455667|+３０６９１２３４５６７８|+٤٩١٧١٤٤٥٥٦٦٧""".replace(
    "\n", "|"
).split("|")
NATIONAL = ["0171 4455667", "(030) 901820", "415-555-2671", "(415) 555-2671", "030/901820", "0049 171 4455667"]
BARE = ["01714455667", "4155552671", "0171.4455667", "1714455667"]
CALLS = ["call {}", "Tel.: {}", "mobile {}, evenings", "ring me on {}", "phone: {}.", "Fax {}\n"]
PLACES = [
    "{}",
    "Filter: (phone = '{}'::text)",
    '{{"phone": "{}"}}',
    "see ({}), or 77",
    "x={}",
    "[{}](u)",
    "| {} |",
    "'{{{},b}}'",
    r"line\n{}",
    "电话{}",
    "he rang at 12:10:56 {} again",
]
COMPARED = [
    "phone = '{}'",
    "((u.mobile)::text = '{}'::text)",
    "\"telephone\" <> '{}'",
    "contact_phone LIKE '%{}%'",
    "phone IN ('a', 'b') OR fax IN ('{}', '030 901820')",
    "(tel = ANY ('{{{},01714455668}}'::text[]))",
    '{{"phone": "{}"}}',
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", ABROAD)
def test_a_number_with_its_country_is_replaced_wherever_it_stands(number: str, place: str) -> None:
    assert clean(place.format(number)).text == place.format("‹phone›")


@pytest.mark.parametrize("place", CALLS)
@pytest.mark.parametrize("number", [*ABROAD, *NATIONAL, *BARE])
def test_a_number_after_a_word_for_telephones_is_replaced(number: str, place: str) -> None:
    assert clean(place.format(number)).text == place.format("‹phone›")


@pytest.mark.parametrize("place", COMPARED)
@pytest.mark.parametrize("number", [*ABROAD, *NATIONAL, *BARE])
def test_a_number_beside_a_column_that_holds_them_is_replaced(number: str, place: str) -> None:
    cleaned = clean(place.format(number)).text
    assert number not in cleaned
    assert "‹phone›" in cleaned


@pytest.mark.parametrize("number", NATIONAL)
def test_a_whole_literal_with_the_prefix_of_its_country_is_replaced(number: str) -> None:
    assert clean(f"WHERE nick = '{number}' AND id = 5").text == "WHERE nick = '‹phone›' AND id = 5"
    assert clean_all({"most_common": [number, f"%{number}%"]}) == {"most_common": ["‹phone›", "%‹phone›%"]}


def test_a_number_as_a_number_is_replaced_beside_such_a_column() -> None:
    assert clean("WHERE u.mobile = 491714455667 AND u.id = 491714455667").text == (
        "WHERE u.mobile = ‹phone› AND u.id = 491714455667"
    )


def test_numbers_glued_together_do_not_hide_each_other() -> None:
    text = "+491714455667+491714455668 10.2.3.4+491714455669 +49 171 4455667 4111111111111111"
    assert clean(text).text == "‹phone›‹phone› ‹ip-address›‹phone› ‹phone› ‹card›"


SPARED = [
    "Seq Scan on tx  (cost=0.42..8.44 rows=12345678 width=8) (actual time=1234.567..81234.567 rows=50 loops=1)",
    "Index Cond: (phone_id = 12345678) and tel_count > 12345678; Heap Fetches: 12345678",
    "01/02/2024 01-02-2024 01.02.2024 2024-01-02 '01/02/2024' '2024-01-02' '0001-01-01 00:00:00' 00:00:00 2026-11-22",
    "0.5 - 12.25 and 100.25 - 200.50 and 100000 - 200000 and 100000..200000",
    "call 0.5 - 12.25, call 100.25 - 200.50 and call 100000 - 200000, dial 100000..200000",
    "per call: 1234567 rows, per call 1234.5678 ms, per call 12345678 bytes; call 2026-01-02 10:15, sms 02.01.2026 10:15",
    "phone_verified_at > '2024-01-02 12:00:00' AND phone <> '2024-01-02'",
    "lsn 16/12345678 0/1234567 timeline 00000001 segment 000000010000000000000001",
    "12:10:56.123+00:00 2026-11-21 12:10:56+01 2026-11-21 12:10:56+0200 2026-11-21 +02 +0530",
    "2026-11-21 12:10:56 +0000 2026-11-21 12:10:56 +1000 2026-11-21 12:10:56.123 +1030 12345678",
    "x+1 x +1 1 + 2 3 4 x + 12345678 id+10000000 1.5e+10 20 30 40 50 +10 20 30 +0.12345678 10+123456789",
    "+2026-11-21 12:10:56 a line of a comparison\n+1 more\n+12 ms",
    "order 912 345 678, version 10.0.19041.1, release 18.1, 0042 20240115 rows, SKU 12-345-6789",
    "id = 4155552671 AND code = '4155552671' AND ref IN (1234567, 12345678) AND at < 1700000000000",
    "the column phone: n_distinct = 12345678, null_frac of phone 0.12345678; ix_users_phone: 12345678 bytes",
    "call 5 times, tel 1 - 5, phone = $1, mobile IS NULL, fax = ''",
]


@pytest.mark.parametrize("text", SPARED)
def test_figures_times_and_identifiers_stay(text: str) -> None:
    assert clean(text).text == text


@settings(max_examples=300)
@given(
    st.integers(),
    st.floats(allow_nan=False),
    st.floats(min_value=0, max_value=1e9).map("{:.3f}".format),
    st.datetimes(),
    st.integers(0, 14),
    st.integers(0, 2**64 - 1),
    st.sampled_from([" ", ", ", " | ", "\n", ".."]),
)
def test_figures_of_a_plan_and_times_stay(number, ratio, cost, at, zone, place, between) -> None:  # type: ignore[no-untyped-def]
    text = between.join(
        (
            f"rows={number}",
            f"cost={cost}..{cost}",
            f"{ratio}",
            f"{at}+{zone:02}",
            f"{at:%H:%M:%S} +{zone:02}00 {at.date()}",
            f"{place >> 32:X}/{place & 0xFFFFFFFF:X}",
            f"x +{number % 10_000_000}",
            f"id+{place}",
        )
    )
    assume(
        not any(is_card(digits) for digits in re.findall(r"\d+", text))
    )  # one in ten long numbers is, by its check digit
    assert clean(text).text == text


GROUPS = st.lists(st.from_regex(r"[0-9]{1,7}", fullmatch=True), min_size=1, max_size=5)
COUNTRY = st.from_regex(r"[1-9][0-9]{0,2}", fullmatch=True)


@settings(max_examples=300)
@given(COUNTRY, GROUPS, st.sampled_from(["", " ", "-", ".", " (", ") "]), st.sampled_from(PLACES[:-1]))
def test_eight_to_fifteen_digits_after_a_plus_are_a_telephone_number(
    country: str, groups: list[str], between: str, place: str
) -> None:
    number = between.join((country, *groups))
    digits = "".join(filter(str.isdigit, number))
    if 8 <= len(digits) <= 15 and not is_card(
        digits
    ):  # which is a card's as much as a telephone's, and leaves as neither
        assert clean(place.format(f"+{number}")).text == place.format("‹phone›")


PIECES = st.one_of(
    st.sampled_from([*ABROAD, *NATIONAL, *BARE, *SPARED]),
    st.sampled_from([each.split("{")[0] for each in (*CALLS, *PLACES, *COMPARED)]),
    st.sampled_from(["4111111111111111", "10.2.3.4", "ann@b.org", "DE89370400440532013000", "password='x'", "‹phone›"]),
    st.from_regex(r"[+(]?[0-9][0-9 ()./-]{4,14}[0-9]", fullmatch=True),
    st.sampled_from(["", " ", "-", ".", "/", ":", "'", '"', "%", "\n", "\\", ", ", "+", "é", "rows", " ms", "1"]),
)


@settings(deadline=None, max_examples=400)
@given(st.lists(PIECES, max_size=9).map("".join))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text).text
    assert clean(once).text == once


@pytest.mark.parametrize(
    "piece",
    ["+", "+1 ", "+491714455667", "call ", "call 1", "1 ", "1-", "(0", "phone = '", "phone='1", "='1234567", "%'"],
)
def test_long_texts_are_looked_through_in_linear_time(piece: str) -> None:
    clean(piece * 20_000)


PIECES = [
    "call ", "tel: ", "fax", "mobile", "me at ", "phone = ", "phone LIKE ", " in (", "',' ", "'", '"', "%", "=", "+", "/",
    "0170 ", "1234567", "12 34 56", "(030) ", "+49 ", "170-", "555-", "0123", "٠١٢٣٤٥٦٧٨", "\u00a0", "\u2011", "rows=", "ms",
    "2024-01-02", " - ", "cost=0.00..123.45 ", "::text", "\\n", "\n", " ", ".", "é", "word ", "(", ")", ",",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.integers(1, 3))
def test_what_stands_far_away_changes_nothing(text: str, times: int) -> None:
    """Only the parts of a text that have digits enough are looked at, each with what stands around it."""
    far = "\n" + "so the planner reads all of it → " * 12 + "\n"
    found = telephones(f"\n{text}\n")
    shown = telephones(times * f"{far}{text}" + far)
    step = len(far) + len(text)
    assert shown == [
        (start + at * step + len(far) - 1, end + at * step + len(far) - 1)
        for at in range(times)
        for start, end in found
    ]
