"""Tenants, their users and wallets, and who brought in whom."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from tools.worlds import vocabulary as words
from tools.worlds.chance import HISTORY_BEGINS, day, draws, slots, source, stamp, zipf
from tools.worlds.scopes import Scope

CHUNK = 10_000


@dataclass(frozen=True)
class Rows:
    """Some rows of a table in COPY's text format."""

    table: str
    count: int
    data: bytes


def rows(table: str, lines: list[str]) -> Rows:
    return Rows(table, len(lines), "".join(lines).encode())


def settlement_wallets(scope: Scope) -> int:
    """How many wallets belong to the tenants themselves, one a currency: they come before everybody else's."""
    return scope.tenants * len(words.CURRENCIES)


class People:
    """Who owns what, kept as compact arrays (about 40 bytes a wallet) while the money moves. Ids count from 1."""

    def __init__(self, scope: Scope, seed: int) -> None:
        self.scope = scope
        self.seed = seed
        self.settlement_wallets = settlement_wallets(scope)
        self.wallet_count = self.settlement_wallets + scope.wallets
        self.user_tenant = self._tenants_of_users()
        self.wallet_user, self.wallet_currency, self.wallets_by_currency = self._owners_of_wallets()
        self.balance = array("q", bytes(8 * (self.wallet_count + 1)))
        self.affiliation = array("I", bytes(4 * (scope.users + 1)))
        self.rate = array("H", [0])

    def _tenants_of_users(self) -> "array[int]":
        """Few tenants hold most users. The first users, one a tenant, are the tenants' admins."""
        tenants, users = self.scope.tenants, self.scope.users
        table = zipf(tenants, 0.9, 1 << 16, stride=7)
        picks = draws(source(self.seed, "users.tenant"), users + 1)
        return array("I", [0, *range(1, tenants + 1), *(table[pick & 0xFFFF] + 1 for pick in picks[tenants + 1 :])])

    def _owners_of_wallets(self) -> "tuple[array[int], bytearray, list[array[int]]]":
        currencies = len(words.CURRENCIES)
        owners, held = array("I", [0]), bytearray(1)
        by_currency = [array("I") for _ in words.CURRENCIES]
        for wallet in range(self.settlement_wallets):
            owners.append(wallet // currencies + 1)
            held.append(wallet % currencies)
        users = zipf(self.scope.users, 0.6, 1 << 18, stride=37)
        home = slots(words.CURRENCY_WEIGHTS, 1 << 10)
        picks = draws(source(self.seed, "wallets.owner"), 2 * self.scope.wallets)
        for index in range(self.scope.wallets):
            owners.append(users[picks[2 * index] & 0x3FFFF] + 1)
            currency = home[picks[2 * index + 1] & 0x3FF]
            held.append(currency)
            by_currency[currency].append(self.settlement_wallets + index + 1)
        return owners, held, by_currency

    def settlement_wallet(self, wallet: int) -> int:
        """The wallet in which the tenant of this wallet's owner keeps the other side, in the same currency."""
        tenant = self.user_tenant[self.wallet_user[wallet]]
        return (tenant - 1) * len(words.CURRENCIES) + self.wallet_currency[wallet] + 1

    def tenants(self) -> Iterator[Rows]:
        rng = source(self.seed, "tenants")
        names = words.companies()
        rng.shuffle(names)
        lines = []
        for tenant in range(1, self.scope.tenants + 1):
            name = names[tenant % len(names)]
            slug = f"{name.split()[0].lower()}-{tenant}"
            country = rng.choices(("DE", "AT", "US", "GB", "CH", "PL", "BR"), (40, 15, 20, 9, 6, 6, 4))[0]
            made = stamp(rng.randrange(HISTORY_BEGINS // 2))
            plan = rng.choices(("starter", "growth", "enterprise"), (60, 30, 10))[0]
            lines.append(f'{tenant}\t{name}\t{slug}\t{country}\t{{"plan": "{plan}"}}\t{made}\t{made}\n')
        yield rows("tenants", lines)

    def users(self) -> Iterator[Rows]:
        rng = source(self.seed, "users")
        roles = slots(words.ROLE_WEIGHTS, 1 << 10)
        lines: list[str] = []
        for user in range(1, self.scope.users + 1):
            pick = rng.getrandbits(62)
            first = words.FIRST_NAMES[pick % 40]
            last = words.LAST_NAMES[int(60 * rng.random() ** 2)]
            domain = words.MAIL_DOMAINS[int(6 * rng.random() ** 2)]
            role = "admin" if user <= self.scope.tenants else words.ROLES[roles[pick >> 8 & 0x3FF]]
            email = f"{first}.{last}{user}@{domain}" if pick >> 20 & 3 else f"{first}.{last}{user}@{domain}".lower()
            status = "active" if pick >> 24 & 31 else ("invited", "suspended")[pick >> 30 & 1]
            tags = ("{}", "{}", "{}", "{newsletter}", "{beta}", "{}", "{newsletter,beta}", "{kyc-done}")[pick >> 32 & 7]
            made = stamp(int(HISTORY_BEGINS * rng.random() ** 0.5))
            gone = stamp(HISTORY_BEGINS + (pick >> 36) % 9_000_000) if pick >> 56 == 7 and role != "admin" else "\\N"
            tenant = self.user_tenant[user]
            lines.append(
                f"{user}\t{tenant}\t{role}\t{email}\t{first} {last}\t{status}\t{tags}\t{made}\t{made}\t{gone}\n"
            )
            if len(lines) == CHUNK:
                yield rows("users", lines)
                lines = []
        yield rows("users", lines)

    def affiliations(self) -> Iterator[Rows]:
        """Nine users in ten earn commissions; a sponsor is of the same tenant, at the level above."""
        rng = source(self.seed, "affiliations")
        sponsors: dict[int, list[tuple[int, int]]] = {}
        lines: list[str] = []
        for user in range(1, self.scope.users + 1):
            if rng.random() < 0.1:
                continue
            tenant = self.user_tenant[user]
            line = sponsors.setdefault(tenant, [])
            number = len(self.rate)
            sponsor, above = line[int(len(line) * rng.random() ** 2)] if line and rng.random() < 0.9 else (0, 0)
            level = above + 1
            if level < 5 and len(line) < 400:
                line.append((number, level))
            rate = 25 * (6 - level) + 25 * int(8 * rng.random() ** 2)
            self.affiliation[user] = number
            self.rate.append(rate)
            made = stamp(int(HISTORY_BEGINS * rng.random()))
            lines.append(
                f"{number}\t{tenant}\t{user}\t{sponsor or chr(92) + 'N'}\t{level}\t0.{rate:04}\t{made}\t{made}\t\\N\n"
            )
            if len(lines) == CHUNK:
                yield rows("affiliations", lines)
                lines = []
        yield rows("affiliations", lines)

    def wallets(self) -> Iterator[Rows]:
        """Written last: the balances are what the ledger left."""
        rng = source(self.seed, "wallets")
        kinds = slots(words.WALLET_KIND_WEIGHTS, 1 << 10)
        lines: list[str] = []
        for wallet in range(1, self.wallet_count + 1):
            pick = rng.getrandbits(62)
            own = wallet <= self.settlement_wallets
            kind = "internal" if own else words.WALLET_KINDS[kinds[pick & 0x3FF]]
            currency = words.CURRENCIES[self.wallet_currency[wallet]]
            limit = "9000000000000.00" if own else "0.00"
            outside = "\\N" if kind == "internal" else f"{kind}:{pick >> 10 & 0xFFFFFFFF:08x}"
            label = "settlement" if own else ("main", "savings", "business", "travel")[int(4 * rng.random() ** 2)]
            document = f'{{"verified": {"true" if pick >> 44 & 7 else "false"}, "tier": {pick >> 48 & 3}}}'
            made = stamp(pick >> 30 & 0x3FFFFFF)
            lines.append(
                f"{wallet}\t{self.wallet_user[wallet]}\t{kind}\t{currency}\t{self.balance[wallet] / 100:.2f}\t{limit}\t"
                f"{outside}\t{label}\t{document}\t{made}\t{made}\t\\N\n"
            )
            if len(lines) == CHUNK:
                yield rows("wallets", lines)
                lines = []
        yield rows("wallets", lines)

    def fx_rates(self) -> Iterator[Rows]:
        """One rate a day and pair, walking at random from its start."""
        rng = source(self.seed, "fx_rates")
        rates = {"USD": 1.08, "GBP": 0.85, "CHF": 0.97, "PLN": 4.32, "BRL": 5.41}
        lines = []
        for number in range(HISTORY_BEGINS // 86_400, HISTORY_BEGINS // 86_400 + 365):
            for quote in rates:
                rates[quote] *= 1 + (rng.random() - 0.5) / 100
                lines.append(f"{day(number)}\tEUR\t{quote}\t{rates[quote]:.8f}\n")
        yield rows("fx_rates", lines)
