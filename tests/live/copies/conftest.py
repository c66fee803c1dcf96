"""A live server with people in it: every kind of personal column, on either version."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from common.config.settings import Settings
from tests.conftest import Database, Server
from tools.postgres.connection import Postgres

ROWS = 3_000
PEOPLE = """
CREATE SCHEMA crm;
CREATE EXTENSION citext;
CREATE DOMAIN crm.email_address AS text CHECK (value ~ '^[^@ ]+@[^@ ]+[.][a-z]+$');
CREATE DOMAIN crm.mailbox AS text CHECK (value ~ '@' AND value ~ 'planted');
CREATE TYPE crm.reach AS (box crm.mailbox, kind text);
CREATE TYPE crm.lines AS (street text, city text);
CREATE TABLE crm.customers (
    id bigint PRIMARY KEY,
    email crm.email_address NOT NULL UNIQUE,
    full_name text NOT NULL,
    nickname citext,
    phone text CHECK (phone ~ '^[+][0-9]+$'),
    mobile bigint,
    iban text CHECK (iban ~ '^PT'),
    card_number varchar(19) NOT NULL,
    cvv char(3),
    ssn int UNIQUE,
    date_of_birth date CHECK (date_of_birth < '2030-01-01'),
    last_ip inet,
    password_hash text,
    api_token uuid,
    avatar bytea,
    contact jsonb NOT NULL,
    tags text[] NOT NULL,
    other_emails text[],
    scribble text,
    legal_form text,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'left')),
    home_address crm.lines NOT NULL,
    mail_domain text GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED);
CREATE TABLE crm.logins (
    id bigint PRIMARY KEY, who text NOT NULL, at timestamptz NOT NULL, ip_text text, ok boolean NOT NULL, user_agent text);
CREATE TABLE crm.letters (id bigint PRIMARY KEY, email text NOT NULL REFERENCES crm.customers (email), subject text NOT NULL);
INSERT INTO crm.customers
SELECT i, 'person' || (i * 7919 % 100003) || '.planted@mail' || i % 9 || '.example', 'Planted Surname' || i * 7,
       CASE WHEN i % 3 = 0 THEN 'NickPlanted' || i * 11 END, '+35191' || lpad((i * 7001 % 10000000)::text, 7, '0'),
       351960000000 + i * 7013 % 1000000,
       'PT50' || lpad((i::bigint * 99991 % 1000000007)::text, 21, '7'), '41111111' || lpad((i * 7919 % 100000000)::text, 8, '3'),
       lpad((i % 1000)::text, 3, '0'), 100000000 + i * 65537, date '1950-03-01' + i * 7,
       ('10.77.' || i / 250 || '.' || i % 250)::inet,
       md5('secret' || i), md5('token' || i)::uuid, decode(md5('avatar' || i), 'hex'),
       jsonb_build_object('email', 'json' || i || '.planted@mail.example', 'note', 'x', 'address', 
           jsonb_build_object('street', 'Planted Street ' || i * 13)),
       ARRAY['vip', 'n' || i % 5], ARRAY['second' || i || '.planted@mail.example'],
       CASE WHEN i % 700 = 3 THEN 'write to hidden' || i || '.planted@mail.example soon' ELSE 'nothing to see ' || i % 50 END,
       'form ' || i % 7, CASE WHEN i % 10 = 0 THEN 'left' ELSE 'active' END,
       ('Planted Lane ' || i * 17, 'Planted City ' || i % 90)::crm.lines
  FROM generate_series(1, {rows}) i;
INSERT INTO crm.logins
SELECT i, 'person' || ((i * 31 % {rows} + 1) * 7919 % 100003) || '.planted@mail' || (i * 31 % {rows} + 1) % 9 || '.example',
       timestamptz '2026-01-01 00:00+00' + i * interval '1 minute', '172.16.' || i % 200 || '.' || i / 200,
       i % 9 <> 0, 'agent ' || i % 4
  FROM generate_series(1, {rows}) i;
INSERT INTO crm.letters SELECT i, email, 'subject ' || i % 40 FROM crm.customers c,
       LATERAL (SELECT id * 2 + e FROM generate_series(0, 1) e) x(i);
CREATE TABLE crm.odds (
    id bigint PRIMARY KEY, payload xml, papers xml[], home crm.lines, homes crm.lines[], reach crm.reach, main crm.mailbox,
    boxes crm.mailbox[], entries jsonb, line text, num numeric UNIQUE, big bigint UNIQUE, amount numeric, stamp bigint,
    nick text, login text, handle text, alias text, pass text, pw text, pwd text, passwd text, passphrase text, pin text,
    otp text, token text, secret text, api_key text, raw bytea, blob bytea, raws bytea[]);
ALTER TABLE crm.odds ALTER COLUMN line SET STATISTICS 0;
INSERT INTO crm.odds
SELECT i, ('<p>xml.planted' || i || '@mail.example</p>')::xml, ARRAY['<b>Planted Paper ' || i * 3 || '</b>']::xml[],
       ('Planted Mews ' || i * 19, '+35193' || 1000000 + i * 7)::crm.lines,
       ARRAY[('Planted Row ' || i * 23, 'x')::crm.lines], ('reach' || i || '.planted@mail.example', 'work')::crm.reach,
       'main' || i || '.planted@mail.example', ARRAY['box' || i || '.planted@mail.example']::crm.mailbox[],
       jsonb_build_object('key' || i || '.planted@mail.example', 1, '10.88.' || i / 250 || '.' || i % 250, 2, 'nick',
           'Planted Quixote' || i, 'ref', card, 'why', 'IBAN ' || iban || ' bounced', '+35192' || 1000000 + i * 7, true),
       'line ' || i % 10 || CASE i % 400 WHEN 357 THEN ' card ' || regexp_replace(card::text, '(....)(?=.)', '\\1 ', 'g')
           WHEN 358 THEN ' and IBAN ' || iban || ' bounced'
           WHEN 359 THEN ', call +351 94' || 1000000 + i * 7 || ' at noon' ELSE '' END,
       card, card, i * 1.25, 1700000000000 + i * 7919, 'NickPlanted' || i * 3, 'login.planted' || i * 5,
       '@handle.planted' || i * 3,
       'aliasPlanted' || i * 3, 'passPlanted' || i * 7, 'pwPlanted' || i * 7, 'pwdPlanted' || i * 7, 'passwdPlanted' || i * 7,
       'phrasePlanted' || i * 7, 'pinPlanted' || i * 7, 'otpPlanted' || i * 7, 'tokenPlanted' || i * 7, 'secretPlanted' || i * 7,
       'keyPlanted' || i * 7,
       convert_to('{"mail": "raw' || i || '.planted@mail.example"}', 'UTF8'), decode(md5('blob' || i), 'hex'),
       ARRAY[convert_to('raws' || i || '.planted@mail.example', 'UTF8')]
  FROM (SELECT i, (start || (10 - (
                   SELECT sum(CASE WHEN at % 2 = 0 THEN d ELSE d * 2 / 10 + d * 2 % 10 END)
                   FROM generate_series(1, 15) at, LATERAL (SELECT substr(start, at, 1)::int) s(d)) % 10) % 10)::bigint AS card,
               'DE' || lpad((98 - (bban || '131400')::numeric % 97)::text, 2, '0') || bban AS iban
          FROM (SELECT i, '41117' || lpad((i::bigint * 7919 % 10000000000)::text, 10, '3') AS start,
                       '37040044' || lpad((i::bigint * 99991 % 10000000000)::text, 10, '5') AS bban
                  FROM generate_series(1, {rows}) i) s) n;
CREATE INDEX ON crm.logins (who);
CREATE INDEX ON crm.letters (email);
CREATE UNIQUE INDEX ON crm.customers (lower(email));
CREATE INDEX ON crm.customers (last_ip);
CREATE ROLE {reader} LOGIN PASSWORD 'look';
GRANT USAGE ON SCHEMA crm TO {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA crm TO {reader};
"""
PERSONAL = (
    "email", "full_name", "nickname", "phone", "mobile", "iban", "card_number", "last_ip::text", "password_hash",
    "avatar", "contact->>'email'", "contact->'address'->>'street'", "other_emails[1]",
)  # fmt: skip
"""Expressions over crm.customers whose values may be nowhere in a copy."""
ODDS = (
    "substring(payload::text FROM '[^>]+@[^<]+')", "papers[1]::text", "(home).street", "(home).city", "(homes[1]).street",
    "(reach).box", "main", "boxes[1]", "jsonb_object_keys(entries)", "entries->>'nick'", "entries->>'ref'",
    "substring(entries->>'why' FROM 'DE[0-9]+')", "substring(line FROM '4111[0-9 ]+')", "substring(line FROM 'DE[0-9]+')",
    "substring(line FROM '[+][0-9 ]+[0-9]')", "num::text", "big", "nick", "login", "handle", "alias", "pass", "pw", "pwd",
    "passwd", "passphrase", "pin", "otp", "token", "secret", "api_key",
    "substring(convert_from(raw, 'UTF8') FROM 'raw[0-9]+[^\"]+')",
    "convert_from(raws[1], 'UTF8')",
)  # fmt: skip
"""The same over crm.odds."""


class People:
    """The live database and the role that reads it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reader = f"reader_{database.name}"
        self.dsn = make_conninfo(database.dsn, user=self.reader, password="look", passfile="/dev/null")

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database.dsn) as connection:
            return connection.execute(statement.encode()).fetchall()

    def planted(self) -> set[bytes]:
        """Every distinct personal value as it would stand on a disk."""
        found: set[bytes] = set()
        for expression in PERSONAL:
            for (value,) in self.ask(f"SELECT DISTINCT {expression} FROM crm.customers"):
                if isinstance(value, str):
                    found.add(value.removesuffix("/32").encode())
                elif isinstance(value, int):
                    found.add(value.to_bytes(8 if value >> 31 else 4, "little"))
                elif isinstance(value, bytes):
                    found.add(value)
        for expression in ODDS:
            for (value,) in self.ask(f"SELECT DISTINCT {expression} FROM crm.odds"):
                if isinstance(value, str) and value not in ("nick", "ref", "why"):
                    found.add(value.encode())
                elif isinstance(value, int):
                    found.add(value.to_bytes(8, "little"))
        for (address,) in self.ask("SELECT DISTINCT host(last_ip) FROM crm.customers"):
            # As an inet stands on a disk: family, bits of the mask, octets.
            found.add(bytes([2, 32, *map(int, str(address).split("."))]))
        for (token,) in self.ask("SELECT api_token FROM crm.customers"):
            found.add(token.bytes)  # type: ignore[attr-defined]
        for (street,) in self.ask("SELECT (home_address).street FROM crm.customers"):
            found.add(str(street).encode())
        for (text,) in self.ask(
            "SELECT substring(scribble FROM '[^ ]+@[^ ]+') FROM crm.customers WHERE scribble ~ '@'"
        ):
            found.add(str(text).encode())
        for (text,) in self.ask("SELECT ip_text FROM crm.logins"):
            found.add(str(text).encode())
        return found


@pytest.fixture(scope="module")
def people(any_postgres: Server) -> Iterator[People]:
    database = any_postgres.new_database()
    made = People(database)
    text = PEOPLE.replace("{rows}", str(ROWS)).replace("{reader}", made.reader)
    database.execute(text)
    database.execute("VACUUM ANALYZE")
    yield made
    database.drop()


@pytest.fixture
async def live(people: People) -> AsyncIterator[Postgres]:
    async with await Postgres.connect(people.dsn, Settings()) as postgres:
        yield postgres


def searched(folder: Path, wanted: set[bytes]) -> tuple[int, int, set[bytes]]:
    """Bytes and files looked at, and which of the wanted values stand in one of them.

    Texts are looked for in every file; what is stored as bytes in the files of tables, indexes and statistics and in
    the write-ahead log.
    """
    texts = {each for each in wanted if all(32 <= sign < 127 for sign in each)}
    found: set[bytes] = set()
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(sorted(texts)) + b"\n")
        patterns.flush()
        done = subprocess.run(
            ["grep", "-rahoFf", patterns.name, str(folder)], stdout=subprocess.PIPE, check=False,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    found.update(done.stdout.split(b"\n")[:-1])
    starts: dict[int, list[bytes]] = {}
    for each in wanted - texts:
        starts.setdefault(int.from_bytes(each[:4], sys.byteorder), []).append(each)
    known = frozenset(starts)
    size = files = 0
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        data = file.read_bytes()
        size, files = size + len(data), files + 1
        number = re.match(r"\d+", file.name)
        if (
            file.parent.name != "pg_wal"
            and (number is None or int(number[0]) < 16_384)
            and file.name[:4] not in ("2619", "2840")
        ):
            continue
        for chunk in re.split(rb"\0{16,}", data):
            # Numbers may end in zeros, which the split took away; what is looked for may begin at any byte.
            part = chunk + bytes(12)
            for shift in range(4):
                four = memoryview(part)[shift : shift + (len(part) - shift) // 4 * 4].cast("I")
                if known.isdisjoint(four):
                    continue
                for at, start in enumerate(four):
                    if start in known:
                        found.update(each for each in starts[start] if part.startswith(each, 4 * at + shift))
    return size, files, found
