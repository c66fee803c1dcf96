"""The words of the world. Nothing here needs escaping in COPY's text format."""

import random


def _words(text: str) -> list[str]:
    return text.split()


CURRENCIES = ("EUR", "USD", "GBP", "CHF", "PLN", "BRL")
CURRENCY_WEIGHTS = (55.0, 24.0, 9.0, 4.0, 5.0, 3.0)
COUNTRIES = (("DE", "AT", "ES", "FR"), ("US", "US", "US", "EC"), ("GB",), ("CH", "CH", "CH", "LI"), ("PL",), ("BR",))
"""Where each currency is paid: the country all but tells the currency."""

KINDS = ("payment", "deposit", "withdrawal", "transfer", "fee")
KIND_WEIGHTS = (62.0, 20.0, 8.0, 8.0, 2.0)
WALLET_KINDS = ("internal", "bank_account", "paypal", "binance")
WALLET_KIND_WEIGHTS = (55.0, 28.0, 14.0, 3.0)
ROLES = ("affiliate", "distributor", "provider", "validator", "admin")
ROLE_WEIGHTS = (70.0, 15.0, 8.0, 5.0, 2.0)

FIRST_NAMES = _words(
    "Anna Bruno Carla David Elena Felix Greta Hugo Ines Jonas Klara Lukas Maria Nils Olga Paul Rosa Stefan Tanja Ugo "
    "Vera Walter Xenia Yusuf Zoe Aino Bea Ciro Dana Emil Fiona Goran Hana Ivan Jana Karim Lea Marko Nadia Oscar"
)
LAST_NAMES = _words(
    "Hofer Lang Rossi Silva Novak Kowalski Meyer Fischer Weber Wagner Becker Schulz Koch Richter Klein Wolf Braun "
    "Costa Ferreira Almeida Santos Lima Gomez Ruiz Vega Ortiz Smith Jones Taylor Brown Evans Walker Wright Green Hall "
    "Adams Baker Nelson Carter Mitchell Dubois Moreau Laurent Girard Roux Bernard Petit Lefevre Keller Brunner "
    "Baumann Frei Moser Huber Steiner Graf Zimmermann Wojcik Mazur Krawczyk"
)
MAIL_DOMAINS = ("example.com", "mail.example", "post.example", "Example.org", "firma.example", "uni.example")
COMPANY_WORDS = _words(
    "Nordlicht Alpina Meridian Quantum Solara Vertex Lumen Cobalt Orion Delta Summit Harbor Atlas Cedar Falcon Pioneer "
    "Aurora Granite Beacon Zephyr Willow Ember Tundra Lagoon Prairie Canyon Monarch Juniper Saffron Marble"
)
COMPANY_FORMS = ("GmbH", "AG", "Ltd", "SA", "Inc", "Sp. z o.o.", "Lda", "KG")
TRADES = ("Trading", "Media", "Logistics", "Foods", "Software", "Travel", "Energy", "Health", "Books", "Games")
CHANNELS = ("web", "mobile", "api", "branch")
VERBS = ("Payment to", "Top-up by", "Withdrawal to", "Transfer to", "Platform fee of")
USER_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "wallet-sdk/3.8.1 (python; httpx) linux",
)


def companies() -> list[str]:
    """Names of merchants and tenants, each once."""
    return [f"{word} {trade} {form}" for form in COMPANY_FORMS for trade in TRADES for word in COMPANY_WORDS]


def payment_metadata(rng: random.Random, count: int) -> list[str]:
    """`count` documents that describe a payment: every key is there; `campaign` is rare and `disputed` rarer."""
    found = []
    for _ in range(count):
        campaign = int(400 * rng.random() ** 3)
        document = f'{{"channel": "{rng.choices(CHANNELS, (50, 38, 10, 2))[0]}", "risk": {int(100 * rng.random() ** 4)}'
        document += f', "device": {{"os": "{rng.choice(("ios", "android", "windows", "linux"))}"}}'
        if rng.random() < 0.3:
            document += f', "campaign": "c-{campaign:03}"'
        if rng.random() < 0.004:
            document += ', "disputed": true'
        found.append(document + "}")
    return found


def tag_sets(rng: random.Random, count: int) -> list[str]:
    """`count` tag arrays: most are empty, `chargeback` is one in three hundred."""
    return [
        "{"
        + ",".join(
            tag
            for tag, share in (("recurring", 0.12), ("vip", 0.05), ("review", 0.01), ("chargeback", 0.0033))
            if rng.random() < share
        )
        + "}"
        for _ in range(count)
    ]
