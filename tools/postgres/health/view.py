"""What all checks of one run look at: facts of the server, its settings, and named queries, each asked once."""

from dataclasses import dataclass, field

from psycopg import sql

from common.queries import query
from tools.postgres.connection import Row, Session

PACKAGE = "tools.postgres.health"

IN_SERVICE_BYTES = 1 << 30
"""From this size on, a server that listens beyond loopback is taken to hold what somebody would miss."""


@dataclass(frozen=True)
class Patience:
    """How long a session may go on before it is worth a word, in seconds."""

    idle_s: float = 300.0
    transaction_s: float = 1800.0
    blocked_s: float = 5.0
    prepared_s: float = 300.0


@dataclass
class View:
    """One run's view of the server. `session` is replaced when a statement failed and took its transaction along."""

    session: Session | None
    patience: Patience = field(default_factory=Patience)
    _known: dict[str, list[Row]] = field(default_factory=dict)

    async def rows(self, name: str) -> list[Row]:
        """The rows of `sql/<name>.sql`, asked once a run."""
        return await self._ask(name, query(PACKAGE, name))

    async def own(self, name: str) -> list[Row]:
        """As `rows`, for a query that goes on after `WITH own AS (…)`: the user's tables (`sql/own.sql`)."""
        return await self._ask(name, f"WITH own AS (\n{query(PACKAGE, 'own').rstrip()}\n)\n{query(PACKAGE, name)}")

    async def probe(self, statement: sql.Composable) -> list[Row]:
        """The rows of a statement about one object, for the few that a check has to look at more closely."""
        assert self.session is not None
        return await self.session.rows(statement)

    async def server(self) -> Row:
        """Facts of the server and this role, as `sql/server.sql` names them."""
        return (await self.rows("server"))[0]

    async def setting(self, name: str) -> str | None:
        """A configuration parameter in its base unit; None when it is unknown here or hidden from this role."""
        rows = {row["name"]: row for row in await self.rows("settings")}
        return str(rows[name]["setting"]) if name in rows else None

    async def at_default(self, name: str) -> bool:
        """Whether nobody has ever chosen a value for this parameter."""
        rows = {row["name"]: row for row in await self.rows("settings")}
        return name in rows and (rows[name]["source"] == "default" or rows[name]["setting"] == rows[name]["boot_val"])

    async def on_replica(self) -> bool:
        """Whether this server is a standby: it writes nothing of its own, and its counters tell half the story."""
        return bool((await self.server())["in_recovery"])

    async def beyond_loopback(self) -> bool:
        """Whether the server listens on an address that other machines can reach."""
        addresses = (await self.setting("listen_addresses") or "").replace(" ", "").split(",")
        return any(each and each != "localhost" and each != "::1" and not each.startswith("127.") for each in addresses)

    async def in_service(self) -> bool:
        """Whether somebody would miss this server, as far as it shows.

        True when a standby is connected, a replication slot exists or WAL has been archived before; or when it listens
        beyond loopback and this database holds 1 GB. What is good practice on such a server (archiving, checksums,
        time limits) is nothing above info on a developer's machine.
        """
        server = await self.server()
        if server["standbys"] or server["slots"] or server["wal_archived"] or server["in_recovery"]:
            return True
        return await self.beyond_loopback() and bool(server["data_bytes"] >= IN_SERVICE_BYTES)

    async def grant(self, role: str) -> str:
        """The statement that makes this role a member of the predefined role `role`."""
        return f"GRANT {role} TO {(await self.server())['role']};"

    async def _ask(self, name: str, text: str) -> list[Row]:
        if name not in self._known:
            assert self.session is not None
            self._known[name] = await self.session.rows(text)
        return self._known[name]
