"""What masking promises, for any value."""

import ipaddress
from datetime import date

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tools.postgres.copying.dates import Days
from tools.postgres.copying.masks import Masks, shares
from tools.postgres.copying.proofs import is_card, is_iban, with_check_digit, with_check_digits

KEY = b"k" * 32
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
words = st.text(alphabet=LETTERS + "éüñçßø李小龙0123456789 .@-_'", min_size=1, max_size=40)
emails = st.builds("{}.{}@{}.{}".format, *[st.text(alphabet=LETTERS[:26] + "0123456789", min_size=1, max_size=9)] * 4)
digits = st.text(alphabet="0123456789", min_size=1, max_size=19)
anything = st.one_of(words, emails, digits, st.text(min_size=1, max_size=80))


@given(st.lists(anything, unique=True, max_size=40), st.lists(anything, max_size=20))
@settings(max_examples=60, deadline=None)
def test_length_and_form_stay_and_different_values_stay_different(values: list[str], anchors: list[str]) -> None:
    masks = Masks(anchors, KEY)
    masked = [masks.text(value) for value in values]
    assert [len(each) for each in masked] == list(map(len, values))
    assert len(set(masked)) == len(values)
    for value, each in zip(values, masked, strict=True):
        for old, new in zip(value, each, strict=True):
            if old.isascii():
                assert (old.isalpha(), old.isupper(), old.islower()) == (new.isalpha(), new.isupper(), new.islower())
                assert old.isalnum() or old == new


@given(anything)
@settings(max_examples=60, deadline=None)
def test_the_same_value_gives_the_same_everywhere_in_a_copy_and_another_in_the_next(value: str) -> None:
    masks = Masks(["m", "4000"], KEY)
    first = masks.text(value)
    masks.text(value + "x")
    assert masks.text(value) == first
    if sum(each.isascii() and each.isalnum() for each in value) >= 12:
        assert Masks(["m", "4000"], b"q" * 32).text(value) != first


@given(st.one_of(words, emails, digits))
@settings(max_examples=100, deadline=None)
def test_no_four_signs_in_a_row_come_through(value: str) -> None:
    masked = Masks([value, "k"], KEY).text(value)
    assert not shares(value.lower(), masked.lower())
    if any(each.isascii() and each.isalnum() for each in value) and value != "0":
        assert masked != value


@given(st.lists(emails, unique_by=str.lower, min_size=2, max_size=60))
@settings(max_examples=50, deadline=None)
def test_order_is_kept_between_anchors(values: list[str]) -> None:
    # Digits and letters first, in one lane each, and no other kind of sign among the first three.
    values = [value for value in values if value[:3].isalpha() and value[:3].isascii() and len(value) > 3]
    assume(len(values) > 1)
    masks = Masks(values, KEY)
    ordered = sorted(values)
    masked = [masks.text(value) for value in ordered]
    assert masked == sorted(masked)


@given(st.lists(st.integers(0, 10**12), unique=True, min_size=2, max_size=80))
@settings(max_examples=50, deadline=None)
def test_numbers_keep_their_count_of_digits_and_their_order_between_anchors(numbers: list[int]) -> None:
    masks = Masks(map(str, numbers), KEY)
    masked = [int(masks.number(str(number), 2**63 - 1)) for number in sorted(numbers)]
    assert len(set(masked)) == len(numbers)
    assert [len(str(each)) for each in masked] == [len(str(each)) for each in sorted(numbers)]
    large = [each for each in masked if each >= 100_000]
    assert large == sorted(large)


@given(st.integers(1, 32_767))
@settings(deadline=None)
def test_numbers_fit_their_type(number: int) -> None:
    assert 0 < int(Masks(key=KEY).number(str(number), 32_767)) <= 32_767 or number > 9_999


@given(st.text(alphabet="0123456789", min_size=15, max_size=15))
@settings(deadline=None)
@example("411111111111111")
def test_a_card_stays_valid_and_becomes_another(start: str) -> None:
    card = with_check_digit(start + "0")
    assume(is_card(card))
    masked = Masks(key=KEY).text(card)
    assert is_card(masked)
    assert masked != card


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=18, max_size=18))
@settings(deadline=None)
def test_an_iban_stays_valid_and_keeps_its_country(account: str) -> None:
    iban = with_check_digits("de00" + account.lower())
    assume(is_iban(iban))
    masked = Masks(key=KEY).text(iban.upper())
    assert is_iban(masked.lower())
    assert masked[:2] == "DE"
    assert masked != iban.upper()


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
@settings(deadline=None)
def test_addresses_of_one_network_stay_in_one_network(one: ipaddress.IPv4Address, other: ipaddress.IPv4Address) -> None:
    masks = Masks(key=KEY)
    masked = [ipaddress.IPv4Address(masks.address(str(each))) for each in (one, other)]
    shared = [a.packed[:at] == b.packed[:at] for a, b in ((one, other), tuple(masked)) for at in range(5)]
    assert shared[:5] == shared[5:]
    assert masked[0] != one
    assert len(str(masked[0])) == len(str(one))
    assert masks.text(str(one)) == str(masked[0])


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.dates(date(1900, 1, 1), date(2030, 1, 1)))
@settings(deadline=None)
def test_days_of_birth_move_by_a_year_at_most_and_stay_different(one: date, other: date) -> None:
    days = Days(KEY)
    masked = [date.fromisoformat(days.day(each.isoformat())) for each in (one, other)]
    assert (masked[0] == masked[1]) == (one == other)
    assert 0 < abs((masked[0] - one).days) < 366
    if abs((one - other).days) >= 732:
        assert (masked[0] < masked[1]) == (one < other)


def test_every_value_of_a_small_form_finds_another() -> None:
    masks = Masks(key=KEY)
    for form in ("{:03d}", "{:d}"):
        values = [form.format(number) for number in range(1000)]
        assert len({masks.text(value) for value in values}) == 1000
    assert {masks.text(value) for value in LETTERS[:26]} == set(LETTERS[:26])
    full = [f"{number:05d}" for number in range(0, 100_000, 7)]
    assert len({masks.text(value) for value in full}) == len(full)
