"""Embedded PostgreSQL: servers that commands bring up, share and leave behind stopped.

    async with engine("state") as dsn: ...          # or "live": the demo's live database, a second cluster
    async with copy_cluster(15) as cluster: ...     # throwaway; cluster.dsn, cluster.dsn_of("name"), cluster.install

`engine(name)` starts the engine unless it runs already and gives the superuser's DSN. Several commands share one
engine; the last to leave stops it, however it ends (kill -9 included), unless `up(name)` told it to stay. Databases:
`state` has `dbcrew`, `live` has `wallet`.

`copy_cluster(major, settings)` gives an empty cluster of that major version if its programs are on this machine, else
of the embedded version: compare `cluster.install.major` and say so. `settings` are lines of postgresql.conf, values as
strings; without any, fsync is off and wal_level minimal. Folder and server are gone when the context ends, however.

The DSNs given hold the superuser's password, for this process. `State.dsn`, for people, names a `passfile` that only this
user can read in its place: libpq, psycopg and psql understand it.

Errors: DiskFull, Missing (no account, no library), Unreachable (closed folder, server does not start), InputError.
"""

from common.engines.cluster import Cluster
from common.engines.copies import copy_cluster
from common.engines.installs import Install, embedded, install_for, installs
from common.engines.named import ENGINES, State, down, engine, status, up

__all__ = [
    "ENGINES",
    "Cluster",
    "Install",
    "State",
    "copy_cluster",
    "down",
    "embedded",
    "engine",
    "install_for",
    "installs",
    "status",
    "up",
]
