"""What is taken for personal by its name or its form, and what is not."""

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.postgres.copying.carried import carried
from tools.postgres.copying.cells import Cells
from tools.postgres.copying.columns import Column
from tools.postgres.copying.kinds import kind_of_name, kind_of_value, kind_of_values
from tools.postgres.copying.literals import Literals
from tools.postgres.copying.masks import Masks
from tools.postgres.copying.proofs import is_card, is_iban
from tools.postgres.copying.stream import masker
from tools.postgres.copying.texts import places, spans

PERSONAL = """email e_mail userEmail email_address correo courriel name full_name firstName last_name nome sobrenome apellidos
prenom Nachname username phone phone_number mobile telefone celular Telefon iban account_number card_number pan cvv cardholder
address street rua calle Straße zip postal_code cep plz city ssn cpf nif dni tax_id passport_no national_id dob date_of_birth
nick nickname login handle alias userName pass pw pwd passwd passphrase pin otp
birthday nascimento ip ip_address client_ip password password_hash token api_key session_token secret senha note comments"""
HARMLESS = """id user_id address_id card_id email_id email_verified email_verified_at phone_confirmed card_brand card_type
address_type country currency status kind amount total created_at updated_at description reference label slug event_name
file_name table_name product_name product_names plan role is_admin capacity captain_id name_count version
settled_at metadata tags"""


@pytest.mark.parametrize("name", PERSONAL.split())
def test_names_that_say_so(name: str) -> None:
    assert kind_of_name(name)


@pytest.mark.parametrize("name", [each for each in HARMLESS.split() if each != "product_names"])
def test_names_that_do_not(name: str) -> None:
    assert not kind_of_name(name)


def test_the_table_tells_whose_name_it_is() -> None:
    assert kind_of_name("name", "customers")
    assert not kind_of_name("name", "products")


@pytest.mark.parametrize(
    ("column", "table", "personal"),
    [
        ("p_name", "part", False), ("n_name", "nation", False), ("r_name", "region", False), ("ps_name", "partsupp", False),
        ("c_name", "customer", True), ("s_name", "supplier", True), ("u_name", "users", True), ("p_name", "patient", True),
        ("name", "nations", False), ("item_name", "orders", False), ("part_name", "customers", False),
        ("name", "warehouses", False), ("user_name", "parts", True), ("first_name", "items", True), ("c_name", "parts", True),
        ("n_email", "nation", True), ("c_phone", "customer", True), ("c_address", "customer", True), ("name", "", True),
    ],
)  # fmt: skip
def test_a_shortened_table_name_before_a_word_tells_no_less(column: str, table: str, personal: bool) -> None:
    assert bool(kind_of_name(column, table)) == personal


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("ann@mail.example", "email"), ("write to ann@mail.example", "text"), ("+351 912 345 678", "phone"),
        ("4111 1111 1111 1111", "card"), ("DE89 3704 0044 0532 0130 00", "bank"), ("10.1.2.3", "ip"), ("fe80:0:0:0:1::1", "ip"),
        ("2026-01-02", ""), ("4111111111111112", ""), ("1.2.3", ""), ("saffron books", ""), ("1700000000", ""), ("c-217", ""),
        ("paid with 4111 1111 1111 1111", "text"), ("to DE89370400440532013000, please", "text"),
        ("call +351 912 345 678 at noon", "text"), ("order 1234567890123456 of 2026-01-02 10:11:12+00", ""),
    ],
)  # fmt: skip
def test_forms(value: str, kind: str) -> None:
    assert kind_of_value(value) == kind


def test_a_sample_of_values() -> None:
    assert kind_of_values(["Anna Silva", "John Smith", "Acme Ltd"]) == "name"
    assert kind_of_values(["pending", "settled"]) == ""
    assert kind_of_values(["n1", "n2"] * 50 + ["ask bob@mail.example"]) == "text"


def cells() -> Cells:
    return Cells(Masks(["a", "m"], b"k" * 32))


def test_documents_keep_all_but_what_is_personal() -> None:
    text = '{"plan": "pro", "n": 3, "email": "a.b@c.example", '
    text += '"owner": {"phone": 912345678, "ok": true}, "seen": ["x", "d@e.example"]}'
    masked = cells().document(text)
    assert len(masked) == len(text)
    assert masked.startswith('{"plan": "pro", "n": 3, "email": "')
    for gone in ("a.b@c", "912345678", "d@e"):
        assert gone not in masked
    assert '"ok": true' in masked
    assert '"seen": ["x", ' in masked


def test_rows_pass_untouched_where_nothing_is_personal() -> None:
    columns = {"note": Column(1, "note", "look", ""), "meta": Column(1, "meta", "document", "")}
    mask = masker(["id", "note", "meta"], columns, cells(), "utf-8")
    assert mask is not None
    block = b'1\thello\t{"plan": "pro"}\n2\t\\N\t\\N\n'
    assert mask(block) is block
    assert b"ann@" not in mask(b'1\task ann@mail.example\\nnow\t{"plan": "pro"}\n')
    assert b"912" not in mask(b'1\thello\t{"mobile": "912345678"}\n')
    assert b"4111" not in mask(b'1\thello\t{"slot": "paid with 4111 1111 1111 1111 today"}\n')
    assert b"4111" not in mask(b'1\tpaid with 4111 1111 1111 1111 today\t{"plan": "pro"}\n')
    times = b'2025-07-01 01:02:49+00\thello\t{"plan": "pro"}\n'
    assert mask(times) is times
    assert masker(["id"], {}, cells(), "utf-8") is None


def test_constants_are_masked_where_they_meet_masked_columns_and_nowhere_else() -> None:
    one = cells()
    columns = {"people": {"email": Column(1, "email", "text", "email"), "name": Column(1, "name", "text", "name")}}
    literals = Literals(one, columns, {"people": ("id", "email", "name"), "goods": ("id", "name", "colour")})
    mail = one.masks.text("a@b.example")
    ann = one.masks.text("Ann")
    for text, expected in [
        ("SELECT * FROM people WHERE email = 'a@b.example' AND id = 3",
         f"SELECT * FROM people WHERE email = '{mail}' AND id = 3"),
        ("SELECT * FROM goods WHERE name = 'Ann'", "SELECT * FROM goods WHERE name = 'Ann'"),
        ("SELECT * FROM goods g, people p WHERE g.name = 'Ann' AND p.name = 'Ann'",
         f"SELECT * FROM goods g, people p WHERE g.name = 'Ann' AND p.name = '{ann}'"),
        ("UPDATE people SET name = 'Ann' WHERE id = 1", f"UPDATE people SET name = '{ann}' WHERE id = 1"),
        ("INSERT INTO people (id, name) VALUES (1, 'Ann')", f"INSERT INTO people (id, name) VALUES (1, '{ann}')"),
        ("INSERT INTO people VALUES (1, 'a@b.example', 'Ann')", f"INSERT INTO people VALUES (1, '{mail}', '{ann}')"),
        ("SELECT 'é', 1 FROM people WHERE 'Ann' = name", f"SELECT 'é', 1 FROM people WHERE '{ann}' = name"),
        ("UPDATE people SET name = encode(sha256('Ann'), 'hex')", f"UPDATE people SET name = encode(sha256('{ann}'), 'hex')"),
        ("UPDATE people SET name = regexp_replace(trim(name), '[^a-z]', '', 'g')",
         "UPDATE people SET name = regexp_replace(trim(name), '[^a-z]', '', 'g')"),
        ("SELECT 1 FROM people WHERE name = concat_ws(' ', lpad('Ann', 3, '0'))",
         f"SELECT 1 FROM people WHERE name = concat_ws(' ', lpad('{ann}', 3, '0'))"),
        ("INSERT INTO people (name) VALUES (nextval('p_id_seq'))", "INSERT INTO people (name) VALUES (nextval('p_id_seq'))"),
        ("INSERT INTO log VALUES ('a@b.example')", f"INSERT INTO log VALUES ('{mail}')"),
        ("not sql at all", "not sql at all"),
    ]:  # fmt: skip
        assert literals.statement(text) == expected


NUMBERS = """4111 1111 1111 1111|4111-1111-1111-1111|4111.1111.1111.1111|5555555555554444|378282246310005
DE89 3704 0044 0532 0130 00|GB82WEST12345698765432|NL91 ABNA 0417 1643 00|+351 912 345 678|+1 (212) 555-0100|+4915112345678
(212) 555-0100|212-555-0100|030 901820|0151/23456789|07700 900123|0049 151 12345678|01 23 45 67 89""".replace(
    "\n", "|"
).split("|")


@pytest.mark.parametrize(
    "around", ["{}", "card {}, 12/26", "see ({}), or 77", "<p>{}</p>", "{}.", "{} for rent 2026-01-02"]
)
@pytest.mark.parametrize("number", NUMBERS)
def test_cards_ibans_and_telephone_numbers_are_masked_wherever_they_stand(number: str, around: str) -> None:
    text = around.format(number)
    assert places([b"nothing", text.encode(), text.lower().encode(), b"42"]) == {1, 2}
    assert [text[start:end] for start, end in spans(text)] == [number]
    masked = cells().look(text)
    begin, end = around.split("{}")
    made = masked.removeprefix(begin).removesuffix(end)
    assert begin + made + end == masked
    assert made != number
    assert is_card(made) == is_card(number)
    assert is_iban(made.lower()) == is_iban(number.lower())


@pytest.mark.parametrize(
    ("text", "number"),
    [("please call me at 912 345 678 at noon", "912 345 678"), ("Tel.: 5550100", "5550100"), ("mobile 912345678.", "912345678")],
)  # fmt: skip
def test_a_number_after_a_word_for_telephones_is_one(text: str, number: str) -> None:
    assert [text[start:end] for start, end in spans(text)] == [number]
    assert places([b"nothing", text.encode()]) == {1}


@pytest.mark.parametrize(
    "text",
    ["due 01-02-2026", "01.02.2026 10:15", "order 912 345 678", "01-02-2026 to 28-02-2026", "version 10.0.19041.1",
     "call 3 times", "SKU 12-345-6789",
     "2026-01-01 00:00:00.123456+00", "0.4111111111111111", "1234567890123456", "a4b8-4111-1111", "+00", "AB12 34",
     "5e3a4111-1111-4111-8111-111111111111"],
)  # fmt: skip
def test_other_numbers_are_left_alone(text: str) -> None:
    assert spans(text) == []


def test_hashes_are_no_ibans() -> None:
    hashes = [hashlib.md5(str(number).encode()).hexdigest() for number in range(10_000)]
    # Digits may be a card's by chance: digits they stay.
    assert [each for each in map(cells().look, hashes) if not re.fullmatch("[0-9a-f]{32}", each)] == []


def test_a_card_number_ends_where_its_check_digit_is_right() -> None:
    text = "card 4111 1111 1111 1111 12/26"
    assert [text[start:end] for start, end in spans(text)] == ["4111 1111 1111 1111"]


def test_keys_and_numbers_of_documents_that_are_personal_themselves_are_masked() -> None:
    text = '{"wanda.key@leak.example": 1, "nick": "Wanda Quixote", "ref": 4111111111111111, "+351 912 345 678": true,'
    text += (
        ' "risk": [0, 1700000000123], "why": "IBAN DE89 3704 0044 0532 0130 00 bounced", "10.7.8.9": {"os": "linux"}}'
    )
    masked = cells().document(text)
    assert len(masked) == len(text)
    for gone in ("wanda", "Wanda", "4111111111111111", "912", "3704", "10.7.8.9"):
        assert gone not in masked
    for kept in ('"nick": "', '"risk": [0, 1700000000123]', '{"os": "linux"}', '"why": "'):
        assert kept in masked
    mask = masker(["d"], {"d": Column(1, "d", "document", "")}, cells(), "utf-8")
    assert mask is not None
    for part in ('{"a": 4111111111111111}', '{"wanda.key@leak.example": 1}', '{"10.7.8.9": 1}', '{"nick": "Wanda"}'):
        block = (part + "\n").encode()
        assert mask(b'{"a": 1}\n') == b'{"a": 1}\n'
        assert mask(block) != block


def test_constants_with_a_number_in_their_text_are_masked_as_the_rows_are() -> None:
    one = cells()
    text = "paid with 4111 1111 1111 1111"
    literals = Literals(one, {"people": {"email": Column(1, "email", "text", "email")}}, {"log": ("line",)})
    assert literals.statement(f"SELECT 1 FROM log WHERE line = '{text}'") == (
        f"SELECT 1 FROM log WHERE line = '{one.look(text)}'"
    )


CALLS = ["call ", "Tel.: ", "mobile no ", "telemóvel ", "ring me on ", "fax:"]
PARTS = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(CALLS),
    st.from_regex(r"\(?[0-9][0-9 ()./-]{4,14}[0-9]", fullmatch=True),
    st.sampled_from([*"09(", "0049301234567", "030", "555", "de89", "x"]),
)
BETWEEN = st.sampled_from(["", "", " ", "-", ".", "/", ":", "\n", "\t", "\\", ", ", "+", "é"])


@settings(deadline=None, max_examples=1_000)
@given(st.lists(st.tuples(PARTS, BETWEEN), max_size=9))
def test_no_row_with_a_number_in_it_is_passed_over(parts: list[tuple[str, str]]) -> None:
    text = "".join(part + between for part, between in parts)
    written = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").encode()
    if spans(text):
        assert places([b"nothing", written, b"42"]) == {1}


@pytest.mark.parametrize("text", ["call +３０６９１２３４５６７８", "τηλ +٣٠٦٩١٢٣٤٥٦٧٨", "tel ٢١٠١٢٣٤٥٦٧ x"])
def test_digits_of_other_scripts_hide_no_number(text: str) -> None:
    assert spans(text)
    assert places([text.encode(), "été 2026".encode()]) == {0}
    assert places([text.encode("gb18030"), b"no"], "gb18030") == {0}


CARDS = [b'{"n": 1, "x": 4111111111111111}', b"[4111111111111111]", b"4111111111111111", b'{"4111111111111111": 2}']


@pytest.mark.parametrize("document", [*CARDS, b'{"%semail": "Maria P"}' % (b"long " * 30)])
def test_a_document_among_many_is_looked_at(document: bytes) -> None:
    """Wherever it stands among those of a block: the first, the last and those between are cut differently."""
    others = [b'{"n": %d, "at": 1767225600000, "x": "y"}' % number for number in range(40)]
    for at in (0, 20, 40):
        rows = [*others[:at], document, *others[at:]]
        made = masker(["d"], {"d": Column(1, "d", "document", "")}, cells(), "utf-8")
        assert made is not None
        masked = made(b"".join(row + b"\n" for row in rows)).split(b"\n")[:-1]
        assert [place for place, (one, other) in enumerate(zip(rows, masked, strict=True)) if one != other] == [at]


@pytest.mark.parametrize("blank", ["\xa0", "\u202f", "\u2009", "\u2007"])
@pytest.mark.parametrize("number", [each for each in NUMBERS if " " in each])
def test_blanks_of_typesetters_hide_no_number(number: str, blank: str) -> None:
    text = f"{number.replace(' ', blank)} is mine"
    assert places([text.encode(), b"nothing"]) == {0}
    assert [text[start:end] for start, end in spans(text)] == [number.replace(" ", blank)]
    made = cells().look(text).removesuffix(" is mine")
    assert made.count(blank) == number.count(" ")
    assert is_card(made) == is_card(number)
    assert is_iban(made.lower()) == is_iban(number.lower())


def test_hyphens_that_break_no_line_hide_no_number() -> None:
    for number in ("4111\u20111111\u20111111\u20111111", "212\u2011555\u20110100", "+49\u2013151\u20131234567"):
        assert [number[start:end] for start, end in spans(number)] == [number]


def test_letters_hide_no_grouped_card_and_no_number_with_plus() -> None:
    assert spans("Visa4111 1111 1111 1111CVV123") == [(4, 23)]
    assert spans(r"line\n+351 912 345 678") == [(6, 22)]


def test_thousands_of_numbers_are_looked_through() -> None:
    """Each group of digits is the start of nineteen numbers at most, and spans are not compared each with each."""
    assert spans(" ".join(str(7919 * each % 997) for each in range(6_000))) is not None
    assert len(spans("+49 151 1234567 " * 5_000)) == 5_000


ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
PIECES = st.one_of(
    st.sampled_from(
        [*NUMBERS, "ann@mail.example", "tel 912345678", "call me at 912 345 678", "de89370400440532013000"]
    ),
    st.sampled_from(
        [
            "\\",
            "\\n",
            "\n",
            "\t",
            "\r\n",
            "\b",
            "\v",
            " ",
            "\xa0",
            "é",
            '"',
            "'",
            "{",
            "}",
            ",",
            "_",
            "N",
            "x",
            "1",
            "\\.",
        ]
    ),
    st.text(max_size=5),
)


def written(value: str | None) -> str:
    """As COPY writes it."""
    return "\\N" if value is None else "".join(ESCAPES.get(sign, sign) for sign in value)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.tuples(*[st.none() | st.lists(PIECES, max_size=4).map("".join)] * 2).map(
            lambda row: tuple(each and re.sub("[\0\ud800-\udfff]", "", each) for each in row)
        ),
        max_size=6,
    ),
    st.sampled_from(["utf-8", "iso8859-1", "koi8-r"]),
    st.booleans(),
)
def test_rows_are_masked_as_if_each_text_were_looked_at(
    rows: list[tuple[str | None, str | None]], encoding: str, alone: bool
) -> None:
    one = cells()
    names = ["note"] if alone else ["note", "kept"]
    mask = masker(names, {"note": Column(1, "note", "look", "")}, one, encoding)
    assert mask is not None
    taken = [
        [each if each is None else each.encode(encoding, "ignore").decode(encoding) for each in row[: len(names)]]
        for row in rows
    ]
    shown = [[None if row[0] is None else one.look(row[0]), *row[1:]] for row in taken]
    blocks = ["".join("\t".join(map(written, row)) + "\n" for row in some) for some in (taken, shown)]
    for _ in range(2):  # what was found harmless is remembered
        assert mask(blocks[0].encode(encoding)) == blocks[1].encode(encoding, "replace")


def test_what_is_personal_is_not_remembered_as_harmless() -> None:
    one = cells()
    mask = masker(["note"], {"note": Column(1, "note", "look", "")}, one, "utf-8")
    assert mask is not None
    block = b"rent\n" * 5 + b"call +49 151 12345678\n" * 5 + b"\\N\n"
    shown = b"rent\n" * 5 + one.look("call +49 151 12345678").encode() + b"\n"
    assert [mask(block)[: len(shown)] for _ in range(3)] == [shown] * 3
    assert mask(block).count(b"12345678") == 0


def test_statistics_of_bytes_that_are_no_utf_8_are_carried() -> None:
    """A SQL_ASCII server stores what it is given, and pg_dump hands it on."""
    bounds = b"SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'towns', 'attname', 'name', "
    bounds += b"'histogram_bounds', '{Bonn,K\xf6ln,Z\xc3\xbcrich}'::text)"
    kept = carried(bounds.decode("utf-8", "surrogateescape"), {("public", "towns"): {}}, cells())
    assert kept is not None
    assert "'{Bonn,K\ufffdln,Z\u00fcrich}'" in kept
