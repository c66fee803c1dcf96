"""What people and machines leave behind: sessions, logins, deliveries, messages, payouts, keys, the audit log."""

from collections.abc import Iterator
from hashlib import md5

from tools.worlds import vocabulary as words
from tools.worlds.chance import HISTORY_BEGINS, HISTORY_ENDS, draws, source, stamp, zipf
from tools.worlds.people import CHUNK, People, Rows, rows

SPAN = HISTORY_ENDS - HISTORY_BEGINS


def sizes(people: People) -> dict[str, int]:
    """Rows of each table. What is deleted after some weeks stops growing with the platform."""
    total = people.scope.transactions
    return {
        "sessions": min(total * 3 // 4, 300_000),
        "login_attempts": min(total // 2, 200_000),
        "webhook_deliveries": min(total // 4, 200_000),
        "outbox": min(total // 8, 100_000),
        "payouts": total // 20,
        "audit_log": total // 4,
        "api_keys": people.scope.tenants * 3,
    }


def traces(people: People) -> Iterator[Rows]:
    """All rows of the tables that `sizes` names, table after table, each in the order of time."""
    users = zipf(people.scope.users, 0.7, 1 << 16, stride=101)
    for table, count in sizes(people).items():
        rng = source(people.seed, table)
        make = _MAKERS[table]
        for start in range(0, count, CHUNK):
            size = min(CHUNK, count - start)
            picks = draws(rng, 2 * size)
            lines = []
            for offset in range(size):
                number = start + offset + 1
                pick, more = picks[2 * offset], picks[2 * offset + 1]
                second = HISTORY_BEGINS + int(SPAN * (number - 0.5) / count)
                lines.append(make(people, number, users[pick & 0xFFFF] + 1, pick >> 16, more, second))
            yield rows(table, lines)


def _session(_: People, number: int, user: int, pick: int, more: int, second: int) -> str:
    token = md5(b"%d:%d" % (number, more), usedforsecurity=False).hexdigest()
    seen = stamp(second + (more & 0x7FFF))
    return f"{number}\t{user}\t{token}\t{stamp(second)}\t{seen}\t{stamp(second + 2_592_000)}\n"


def _login_attempt(_: People, number: int, user: int, pick: int, more: int, second: int) -> str:
    address = f"{10 + (user & 63)}.{user >> 6 & 255}.{more & 15}.{more >> 4 & 255}"
    agent = words.USER_AGENTS[more >> 12 & 3]
    return f"{number}\t{user}\t{address}\t{agent}\t{'tf'[pick % 23 == 0]}\t{stamp(second)}\n"


def _webhook_delivery(_: People, number: int, user: int, pick: int, more: int, second: int) -> str:
    event = ("transaction.settled", "transaction.settled", "transaction.failed", "payout.paid")[pick & 3]
    status = 200 if pick % 29 else 502
    return (
        f"{number}\thttps://hooks.example/{user % 97}\t{event}\t"
        f'{{"transaction": {more % 100_000}, "attempt": {1 + pick % 29 // 28}}}\t{status}\t{stamp(second)}\n'
    )


def _message(_: People, number: int, user: int, pick: int, more: int, second: int) -> str:
    topic = ("transaction.settled", "commission.earned", "user.changed", "payout.requested")[pick & 3]
    return f'{number}\t{topic}\t{{"user": {user}, "version": {more & 7}}}\t{stamp(second)}\t{stamp(second + 2)}\n'


def _payout(people: People, number: int, user: int, pick: int, more: int, second: int) -> str:
    wallet = people.settlement_wallets + 1 + (pick * pick >> 16) * people.scope.wallets // 65_536
    status = "paid" if pick % 37 else ("requested", "approved", "refused")[more % 3]
    paid = stamp(second + 86_400) if status == "paid" else "\\N"
    currency = words.CURRENCIES[people.wallet_currency[wallet]]
    made = stamp(second)
    amount = 1 + more % 40_000 / 100
    return f"{number}\t{wallet}\t{number}\t{amount:.2f}\t{currency}\t{status}\t{made}\t{paid}\t{made}\n"


def _audit_record(people: People, number: int, user: int, pick: int, more: int, second: int) -> str:
    table = ("wallets", "transactions", "transactions", "payouts")[pick & 3]
    before, after = ("pending", "settled") if pick % 19 else ("settled", "reversed")
    return (
        f"{number}\t{user}\t{table}\t{1 + more % people.scope.wallets}\tupdate\t"
        f'{{"status": "{before}"}}\t{{"status": "{after}"}}\t{stamp(second)}\n'
    )


def _api_key(people: People, number: int, user: int, pick: int, more: int, second: int) -> str:
    digest = md5(b"key:%d:%d" % (number, more), usedforsecurity=False).hexdigest()
    revoked = stamp(second + 86_400) if pick % 5 == 0 else "\\N"
    return f"{number}\t{1 + (number - 1) % people.scope.tenants}\tkey {number}\t{digest}\t{stamp(second)}\t{revoked}\n"


_MAKERS = {
    "sessions": _session,
    "login_attempts": _login_attempt,
    "webhook_deliveries": _webhook_delivery,
    "outbox": _message,
    "payouts": _payout,
    "audit_log": _audit_record,
    "api_keys": _api_key,
}
