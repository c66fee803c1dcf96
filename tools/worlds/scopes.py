"""How large a world is. A company is a tenant."""

from dataclasses import dataclass

from common.errors import InputError


@dataclass(frozen=True)
class Scope:
    """One size of the world: how many companies, and how many transactions they made in a year."""

    name: str
    tenants: int
    transactions: int

    @property
    def users(self) -> int:
        return max(200, self.transactions // 100)

    @property
    def wallets(self) -> int:
        """Wallets of people; the tenants' own settlement wallets come on top."""
        return self.transactions // 40


SCOPES: dict[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope("f2", 2, 40_000),
        Scope("m7", 7, 150_000),
        Scope("n100", 100, 2_000_000),
        Scope("v3k", 3_500, 10_000_000),
    )
}


def scope_named(name: str) -> Scope:
    """The scope called `name`; raises InputError for a name that is none."""
    if name not in SCOPES:
        raise InputError(detail=f"There is no scope {name!r}", next=f"Choose one of {', '.join(SCOPES)}")
    return SCOPES[name]
