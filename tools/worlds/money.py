"""Transactions, the ledger they write and the commissions they earn, in the order of time."""

from collections.abc import Iterator

from tools.worlds import vocabulary as words
from tools.worlds.chance import HISTORY_BEGINS, HISTORY_ENDS, draws, slots, source, stamp, zipf
from tools.worlds.people import CHUNK, People, Rows, rows

STATUS_SETTLED, STATUS_FAILED, STATUS_REVERSED = 62_259, 63_242, 63_570
"""Out of 65,536: 95 % settled, 1.5 % failed, 0.5 % reversed; the rest is pending when recent, else settled."""
PENDING_FROM = 0.67
"""Share of the year after which the rest is still pending: 1 % of all transactions."""


def money(people: People) -> Iterator[Rows]:
    """The year's transactions in chunks, each with its ledger entries and commissions.

    Amounts are whole cents. A wallet never pays more than it holds: such a payment becomes a deposit instead, so that
    every balance stays within its limit and the ledger explains it to the cent. Money moves within one currency only.
    """
    total = people.scope.transactions
    rng = source(people.seed, "money")
    wallets = zipf(people.scope.wallets, 0.9, 1 << 20 if total > 500_000 else 1 << 17, stride=7919)
    kinds = slots(words.KIND_WEIGHTS, 1 << 10)
    merchants = words.companies()
    rng.shuffle(merchants)
    merchant_slots = zipf(len(merchants), 0.8, 1 << 14)
    amounts = [max(50, round(100 * rng.lognormvariate(3.6, 1.1))) for _ in range(4096)]
    documents, tags = words.payment_metadata(rng, 8192), words.tag_sets(rng, 4096)
    balance, held, first = people.balance, people.wallet_currency, people.settlement_wallets + 1
    span, pending_from = HISTORY_ENDS - HISTORY_BEGINS, int(total * PENDING_FROM)
    entry = commission = 0
    for start in range(0, total, CHUNK):
        size = min(CHUNK, total - start)
        picks = draws(rng, 4 * size)
        transactions: list[str] = []
        entries: list[str] = []
        earned: list[str] = []
        for offset in range(size):
            who, what, how, whom = picks[4 * offset : 4 * offset + 4]
            number = start + offset + 1
            wallet = wallets[who % len(wallets)] + first
            kind = kinds[what & 0x3FF]
            amount = amounts[what >> 10 & 0xFFF]
            fate = how & 0xFFFF
            if fate < STATUS_SETTLED:
                status = "settled"
            elif fate < STATUS_FAILED:
                status = "failed"
            elif fate < STATUS_REVERSED:
                status = "reversed"
            else:
                status = "pending" if number > pending_from else "settled"
            moves = status == "settled" or status == "reversed"
            if moves and kind != 1 and balance[wallet] < amount:
                kind, amount = 1, amount * 4
            currency_number = held[wallet]
            currency = words.CURRENCIES[currency_number]
            if kind == 0 or kind == 3:
                others = people.wallets_by_currency[currency_number]
                other = others[whom % len(others)]
                if other == wallet:
                    other = people.settlement_wallet(wallet)
            else:
                other = people.settlement_wallet(wallet)
            places = words.COUNTRIES[currency_number]
            second = HISTORY_BEGINS + int(span * ((number - 0.5) / total) ** 0.8)
            created = stamp(second)
            settled = stamp(second + 1 + (how >> 16 & 0xFFF)) if moves else "\\N"
            money_text = f"{amount / 100:.2f}"
            transactions.append(
                f"{number}\t{wallet}\t{other}\t{words.KINDS[kind]}\t{status}\t{money_text}\t{currency}\t"
                f"{places[whom >> 20 & 3 if len(places) > 1 else 0]}\t"
                f"{number * 2654435761 & 0xFFFFFFFF:08x}-{number:08x}\t"
                f"{words.VERBS[kind]} {merchants[merchant_slots[whom & 0x3FFF]]}, invoice {who >> 12:06}\t"
                f"{documents[whom >> 14 & 0x1FFF]}\t{tags[what >> 20]}\t{created}\t{settled}\t"
                f"{created if settled == chr(92) + 'N' else settled}\n"
            )
            if not moves:
                continue
            payer, payee = (other, wallet) if kind == 1 else (wallet, other)
            for round_number in range(2 if status == "reversed" else 1):
                if round_number:
                    payer, payee = payee, payer
                balance[payer] -= amount
                balance[payee] += amount
                entry += 2
                entries.append(
                    f"{entry - 1}\t{number}\t{payer}\t-{money_text}\t{currency}\t{balance[payer] / 100:.2f}\t"
                    f"{settled}\n"
                    f"{entry}\t{number}\t{payee}\t{money_text}\t{currency}\t{balance[payee] / 100:.2f}\t{settled}\n"
                )
            if kind == 0 and status == "settled" and not number & 3:
                affiliation = people.affiliation[people.wallet_user[wallet]]
                if affiliation:
                    commission += 1
                    rate = people.rate[affiliation]
                    paid = settled if number < pending_from else "\\N"
                    cents = (amount * rate + 5000) // 10000
                    earned.append(
                        f"{commission}\t{number}\t{affiliation}\t0.{rate:04}\t{cents / 100:.2f}\t{currency}\t"
                        f"{settled}\t{paid}\n"
                    )
        yield rows("transactions", transactions)
        yield Rows("ledger_entries", 2 * len(entries), "".join(entries).encode())
        yield rows("commissions", earned)
