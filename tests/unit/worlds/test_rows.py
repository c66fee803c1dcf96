"""The rows of the sample world, before any server sees them."""

import hashlib
import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import InputError
from tools.worlds import ALL_FAULTS, FAULTS, SCOPES, SeenBy, expected, statements
from tools.worlds.chance import WORLD_TODAY, slots, zipf
from tools.worlds.faults import chosen
from tools.worlds.load import SEED, all_rows
from tools.worlds.people import People
from tools.worlds.scopes import Scope, scope_named

SMALL = Scope("small", 3, 4_000)


def table(name, scope=SMALL, seed=SEED):
    text = b"".join(part.data for part in all_rows(People(scope, seed)) if part.table == name).decode()
    return [line.split("\t") for line in text.splitlines()]


def digest(scope, seed=SEED):
    found = hashlib.sha256()
    for part in all_rows(People(scope, seed)):
        found.update(part.table.encode() + part.data)
    return found.hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    program = (
        "import hashlib, sys\n"
        "from tools.worlds.load import SEED, all_rows\n"
        "from tools.worlds.people import People\n"
        "from tools.worlds.scopes import Scope\n"
        "found = hashlib.sha256()\n"
        "for part in all_rows(People(Scope('small', 3, 4_000), SEED)):\n"
        "    found.update(part.table.encode() + part.data)\n"
        "print(found.hexdigest())\n"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    other = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, cwd=os.getcwd()
    )
    assert other.stdout.strip() == digest(SMALL)


def test_another_seed_gives_other_bytes():
    assert digest(SMALL) != digest(SMALL, SEED + 1)


def test_scopes_are_companies():
    assert {name: scope.tenants for name, scope in SCOPES.items()} == {"f2": 2, "m7": 7, "n100": 100, "v3k": 3_500}
    assert scope_named("f2").transactions == 40_000
    with pytest.raises(InputError, match="Choose one of f2, m7, n100, v3k"):
        scope_named("f3")


@pytest.mark.parametrize("name", ["transactions", "ledger_entries", "audit_log", "outbox"])
def test_rows_come_in_the_order_of_time_and_end_with_the_world(name):
    at = {"transactions": 12, "ledger_entries": 6, "audit_log": 7, "outbox": 3}[name]
    stamps = [row[at] for row in table(name)]
    if name != "ledger_entries":
        assert stamps == sorted(stamps)
        assert stamps[-1] <= f"{WORLD_TODAY} 23:59:59+00"


def test_few_wallets_hold_most_transactions_and_most_are_settled():
    rows = table("transactions", Scope("some", 3, 20_000))
    busy = Counter(row[1] for row in rows).most_common()
    assert sum(count for _, count in busy[: len(busy) // 10]) > 0.5 * len(rows)
    states = Counter(row[4] for row in rows)
    assert states["settled"] / len(rows) == pytest.approx(0.97, abs=0.01)
    assert 0.004 < states["pending"] / len(rows) < 0.02
    assert set(states) == {"settled", "pending", "failed", "reversed"}


def cents(text):
    return int(text.replace(".", ""))


@settings(deadline=None, max_examples=12)
@given(tenants=st.integers(1, 12), transactions=st.integers(200, 3_000), seed=st.integers(0, 2**32))
def test_the_ledger_balances_whatever_the_seed(tenants, transactions, seed):
    scope = Scope("any", tenants, transactions)
    parts = list(all_rows(People(scope, seed)))
    rows = {}
    for part in parts:
        rows.setdefault(part.table, []).extend(line.split("\t") for line in part.data.decode().splitlines())
        assert part.data.count(b"\n") == part.count
    moved, by_transaction = Counter(), Counter()
    for _, transaction, wallet, amount, _, after, _ in rows["ledger_entries"]:
        by_transaction[transaction] += cents(amount)
        moved[wallet] += cents(amount)
        assert moved[wallet] == cents(after)
    assert not any(by_transaction.values())
    for wallet in rows["wallets"]:
        assert moved[wallet[0]] == cents(wallet[4])
        assert cents(wallet[4]) >= -cents(wallet[5])


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=60), st.sampled_from([64, 1024, 4096]))
def test_slots_are_filled_by_weight(weights, size):
    table = slots(weights, size)
    assert len(table) == size
    for item, weight in enumerate(weights):
        assert abs(table.count(item) - weight / sum(weights) * size) <= 1


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(2, 8_000))
def test_a_stride_loses_no_item_that_has_a_slot(items, stride):
    plain, scattered = zipf(items, 0.8, 4096), zipf(items, 0.8, 4096, stride)
    assert len(set(plain)) == len(set(scattered))
    assert set(scattered) <= set(range(items))


def test_faults_are_told_apart():
    assert len(ALL_FAULTS) == len(FAULTS) >= 16
    assert len(expected()) == len([one for fault in FAULTS for one in fault.expects if one.seen_by is SeenBy.CATALOGUE])
    assert expected(frozenset()) == set()
    assert expected(frozenset({"no-primary-key"})) == {("no-primary-key", "wallet.fx_rates")}
    with pytest.raises(InputError, match="There is no fault nonsense"):
        chosen(frozenset({"nonsense"}))


@pytest.mark.parametrize("scope", ["f2", "n100"])
def test_the_workload_covers_every_kind_of_index(scope):
    workload = statements(scope)
    kinds = {statement.kind for statement in workload}
    assert kinds >= {"top-n", "expression", "gin-jsonb", "trigram", "partial", "covering", "or", "latest-per-group"}
    assert kinds >= {"brin", "foreign-key", "gin-array", "text-pattern", "semi-join", "sort-order", "write"}
    assert len([statement for statement in workload if not statement.writes]) >= 14
    assert len({statement.name for statement in workload}) == len(workload)
