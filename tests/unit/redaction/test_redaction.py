"""Secrets and personal data never leave; everything else does."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.redaction import clean, clean_all
from common.directories import ROOT

RULES = tomllib.loads(Path(ROOT, "agents", "redaction.toml").read_text(encoding="utf-8"))["pattern"]

SECRETS = {
    "AKIAIOSFODNN7EXAMPLE": "AKIAIOSFODNN7EXAMPLE",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789": "abcdefghijklmnop",
    "xoxb-123456789012-abcdefABCDEF": "123456789012",
    "sk_live_abcdefghijklmnop1234": "abcdefghijklmnop",
    "sk-ant-api03-abcdefghijklmnopqrst": "abcdefghijklmnop",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln": "eyJzdWIi",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv": "A1234567890",
    "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKC\n-----END PRIVATE KEY-----": "MIIEow",
    " ann.lee@mail.example.org ": "ann.lee",
    " postgresql://app:s3cr3t-pa55@db/shop": "s3cr3t-pa55",
    " PASSWORD 'hunter2zz'": "hunter2zz",
    " password='hunter2zz'": "hunter2zz",
    " password=hunter2zz ": "hunter2zz",
    " «4111 1111 1111 1111» ": "4111 1111 1111 1111",
    " (5555555555554444) ": "5555555555554444",
    " (DE89 3704 0044 0532 0130 00) ": "3704 0044",
    " «+49 30 1234 5678» ": "1234 5678",
}


@pytest.mark.parametrize(("kind", "text"), [(rule["kind"], text) for rule in RULES for text in rule["finds"]])
def test_each_pattern_finds_its_examples(kind: str, text: str) -> None:
    cleaned = clean(text)
    assert kind in cleaned.found or {"password", "secret"} & set(cleaned.found)
    assert "‹" in cleaned.text


@pytest.mark.parametrize("text", [text for rule in RULES for text in rule["spares"]])
def test_each_pattern_spares_its_counter_examples(text: str) -> None:
    assert clean(text).text == text


@settings(max_examples=300)
@given(st.text(max_size=40), st.sampled_from(sorted(SECRETS)), st.text(max_size=40))
def test_a_planted_secret_never_survives(before: str, secret: str, after: str) -> None:
    text = f"{before}{secret}{after}"
    if secret.startswith(" "):
        text = f"{before} {secret} {after}"
    assert SECRETS[secret] not in clean(text).text


WRAPPINGS = [
    "{}",
    "'{}'",
    '"{}"',
    "({})",
    "`{}`",
    "<b>{}</b>",
    "| {} |",
    "x={}",
    "[{}](u)",
    "\n{}\n",
    "{},",
    "SELECT '{}';",
    "**{}**",
]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_no_wrapping_hides_a_secret(secret: str, wrapping: str) -> None:
    assert SECRETS[secret] not in clean(wrapping.format(secret)).text


@settings(max_examples=300)
@given(st.lists(st.one_of(st.text(max_size=20), st.sampled_from(sorted(SECRETS)))).map("".join))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text).text
    assert clean(once).text == once


EVERYDAY = [
    "An index cuts it from 812 ms to 0.9 ms; see E1 and #7.",
    "5d41402abc4b2a76b9719d911017c592 7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730",
    "41111111-1111-4111-8111-111111111111",
    "Seq Scan on tx  (cost=0.00..4111111111.11 rows=4111111111111111 width=8) (actual time=0.01..812.40 rows=50 loops=1)",
    "2026-11-21T12:10:56.123+00:00 2026-11-21 12:10:56+01",
    "SELECT id, data @> '{\"a\": 1}' FROM users WHERE email = $1 AND password_hash = crypt($2, password_hash)",
    "CREATE INDEX CONCURRENTLY ix_tx ON bank.tx (wallet_id, created_at DESC) INCLUDE (amount); -- 12,345,678 rows",
    "GRANT SELECT ON ALL TABLES IN SCHEMA bank TO app; ALTER ROLE app SET statement_timeout = '5s';",
    "127.0.0.1:5432 ::1 version 18.1 lsn 16/B374D848 xid 4294967295 oid 16384 id=9223372036854775807",
    "the token of the session and the secret of good indexes: order",
]


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_text_stays_as_it_is(text: str) -> None:
    assert clean(text).text == text


@given(st.uuids(), st.integers(), st.floats(allow_nan=False), st.binary(min_size=32, max_size=32), st.datetimes())
def test_identifiers_digests_figures_and_times_stay(uuid, number, ratio, digest, at) -> None:  # type: ignore[no-untyped-def]
    text = f"{uuid} | {ratio} | {digest.hex()} | {at.isoformat()} | {number:,}"
    assert clean(text).text == text


def test_long_text_is_cleaned_in_linear_time() -> None:
    for piece in (
        "a",
        "a.",
        "@",
        "4",
        "4 ",
        "-----BEGIN PRIVATE KEY-----",
        "x://",
        "x://a:",
        "DE89 ",
        "+4",
        "password",
        "eyJ",
        "' ",
    ):
        clean(piece * 40_000)


def test_json_is_cleaned_in_depth() -> None:
    assert clean_all({"a": ["x ann@b.org", 4111111111111111, {"ann@b.org": None}]}) == {
        "a": ["x ‹email›", 4111111111111111, {"‹email›": None}]
    }


def test_a_literal_stays_readable() -> None:
    cleaned = clean("SELECT * FROM users WHERE email = 'ann@b.org'")
    assert cleaned.text == "SELECT * FROM users WHERE email = '‹email›'"
    assert cleaned.found == ("email",)
