"""Where a connection string leads, said without what is secret in it."""

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from common.errors import InputError

_FORM = "Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE, in a password %40 for @, %2F for / and %23 for #"
SECRET = ("password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret")


def parts(dsn: str) -> dict[str, str]:
    """The parameters of a connection string.

    Raises InputError when it is none, or empty: libpq would go wherever its defaults lead. libpq's own message is left
    out: it quotes what it could not read, which may be a piece of the password.
    """
    if not dsn.strip():
        raise InputError(detail="The connection string is empty", next=_FORM)
    try:
        found = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    except (psycopg.ProgrammingError, UnicodeError):
        raise InputError(detail="This is not a PostgreSQL connection string", next=_FORM) from None
    ports = found.get("port", "").split(",")
    # A password with an unescaped @ or / ends up in the host, the port or the name of the database.
    if "@" in found.get("host", "") + found.get("dbname", "") or not all(not p or p.isdigit() for p in ports):
        raise InputError(detail="This connection string is cut in the wrong places", next=_FORM)
    return found


def place(dsn: str) -> str:
    """host:port/database of a connection string, without user and password; several hosts with commas between.

    Of one that leaves the host to a service file, the name of the service.

    Raises InputError when it is no connection string.
    """
    found = parts(dsn)
    if "service" in found and not found.get("host") and not found.get("hostaddr"):
        return f"service {found['service']}"
    hosts = (found.get("host") or found.get("hostaddr") or "local socket").split(",")
    ports = found.get("port", "5432").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    listed = ",".join(f"{host}:{port or 5432}" for host, port in zip(hosts, ports, strict=False))
    return f"{listed}/{found.get('dbname') or found.get('user') or ''}"


def quoted(name: str) -> str:
    """`name` as a quoted SQL identifier, for statements that people are told to run."""
    return '"' + name.replace('"', '""') + '"'


def without_secrets(dsn: str) -> str:
    """`dsn` as key=value string with nothing secret left in it. Raises InputError when it is no connection string."""
    return make_conninfo("", **{name: value for name, value in parts(dsn).items() if name not in SECRET})
