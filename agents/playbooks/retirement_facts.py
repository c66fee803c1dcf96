"""What speaks for and against taking a table or a column away: who uses it, what hangs on it, and the SQL of the slow way."""

import re
from collections.abc import Iterator
from typing import Any

from psycopg import sql

from agents.playbooks.words import ref
from common.errors import MalformedSql
from common.evidence import Evidence
from tools.postgres.statements import relations

_SHOWN = 6
_VERBS = re.compile(r"\s*(/\*.*?\*/\s*)*(select|with|insert|update|delete|merge|copy|table|values)\b", re.I | re.S)
_PATIENCE = sql.SQL("SET lock_timeout = '2s'")
_KEYWORDS = {"view": "VIEW", "materialized view": "MATERIALIZED VIEW", "foreign table": "FOREIGN TABLE"}
_LONGEST = 63
"""Bytes of a name."""
_SUFFIX = "_to_drop"


def readers(top: Evidence, use: dict[str, Any]) -> list[int]:
    """The positions of the counted statements that name it, or a view on it, those that take the most time first."""
    if not top.ok:
        return []
    views = [one["name"] for one in use["dependents"] if one["kind"].endswith("view") and one["how"] == "in the way"]
    targets = [(use["schema_name"], use["name"], use["column"])]
    targets += [(*name.replace('"', "").rsplit(".", 1), None) for name in views]
    return [
        number
        for number, one in enumerate(top.data["statements"])
        if _VERBS.match(text := str(one["statement"])) and any(_names(text, *each) for each in targets)
    ]


def _names(statement: str, schema: str, name: str, column: str | None) -> bool:
    """Whether a statement names the column and a relation of that name is this one, as far as that can be told."""
    if not all(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", statement, re.I) for each in (name, column) if each):
        return False
    try:
        found = relations(statement)
    except MalformedSql:
        return True
    return not found or any(each == name and place in (None, schema) for place, each in found)


def hanging(use: dict[str, Any], how: str) -> list[str]:
    """What hangs on it in this way, a kind and a name each."""
    return [f"{one['kind']} `{one['name']}`" for one in use["dependents"] if one["how"] == how]


def listed(names: list[str]) -> str:
    """The first of them, and that there are more."""
    more = " and more, in the evidence" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def counters(evidence: Evidence, use: dict[str, Any], at: str) -> Iterator[str]:
    """How big it is, how often it was read and written, and since when that is counted."""
    if use["size_bytes"] is not None:
        rows = f" and about {ref(evidence, f'{at}.rows')} rows" if use["rows"] is not None else ""
        yield f"`{full(use, table=True)}` takes {ref(evidence, f'{at}.size_bytes')}{rows}."
    if use["column"] and use["null_share"] is not None:
        yield f"`{use['column']}` is empty in {ref(evidence, f'{at}.null_share')} of the rows."
    if use["sequential_scans"] is not None:
        last = (
            f", the last one {ref(evidence, f'{at}.last_read_age_s')} ago" if use["last_read_age_s"] is not None else ""
        )
        of_table = " (of the whole table: a column has no counters of its own)" if use["column"] else ""
        yield (
            f"Read{of_table}: sequential scans {ref(evidence, f'{at}.sequential_scans')}, index scans "
            f"{ref(evidence, f'{at}.index_scans')}{last}. Rows inserted {ref(evidence, f'{at}.inserted')}, updated "
            f"{ref(evidence, f'{at}.updated')}, deleted {ref(evidence, f'{at}.deleted')}."
        )
        yield _since(evidence)
    else:
        yield "A view has no counters of its own."


def _since(evidence: Evidence) -> str:
    if evidence.data["statistics_age_s"] is not None:
        since = f"These counters run since {ref(evidence, 'statistics_age_s')}"
    else:
        since = "These counters were never reset: they run since the database was made, or the server last crashed"
    return (
        f"{since}. Dumps and this team's own look count as reads too, replicas count theirs themselves, and a report that runs "
        "once a year may not have run yet."
    )


def full(use: dict[str, Any], *, table: bool = False) -> str:
    """`schema.table`, or `schema.table.column`."""
    parts = [use["schema_name"], use["name"], None if table else use["column"]]
    return ".".join(part for part in parts if part)


def quarantine(use: dict[str, Any], ours: str) -> tuple[str, str, str]:
    """The statements that take it out of everybody's sight, those that bring it back, and its name meanwhile."""
    aside = (use["column"] or use["name"])[: _LONGEST - len(_SUFFIX)] + _SUFFIX
    table = sql.Identifier(use["schema_name"], use["name"])
    away = sql.Identifier(use["schema_name"], aside)
    if use["column"]:
        column, hidden = sql.Identifier(use["column"]), sql.Identifier(aside)
        up = [sql.SQL("ALTER TABLE {} RENAME COLUMN {} TO {}").format(table, column, hidden)]
        down = [sql.SQL("ALTER TABLE {} RENAME COLUMN {} TO {}").format(table, hidden, column)]
        if use["not_null"] and not use["has_default"]:  # or whoever stops writing it could no longer insert
            up.insert(0, sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(table, column))
            down.append(sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL").format(table, column))
        return _script(up), _script(down), aside
    keyword = sql.SQL(_KEYWORDS.get(use["kind"], "TABLE"))
    up = [sql.SQL("ALTER {} {} RENAME TO {}").format(keyword, table, sql.Identifier(aside))]
    down = [sql.SQL("ALTER {} {} RENAME TO {}").format(keyword, away, sql.Identifier(use["name"]))]
    for grantee in dict.fromkeys(one["grantee"] for one in use["granted"] if one["grantee"] != ours):
        theirs = [one for one in use["granted"] if one["grantee"] == grantee]
        who = sql.SQL("PUBLIC") if grantee is None else sql.Identifier(grantee)
        up.append(sql.SQL("REVOKE ALL ON {} FROM {}").format(away, who))
        for grantable in (False, True):
            rights = sql.SQL(", ").join(sql.SQL(one["privilege"]) for one in theirs if one["grantable"] is grantable)
            if rights.as_string():
                option = sql.SQL(" WITH GRANT OPTION" if grantable else "")
                down.append(sql.SQL("GRANT {} ON {} TO {}{}").format(rights, table, who, option))
    return _script(up), _script(down), aside


def removal(use: dict[str, Any], *, cascade: bool) -> str:
    """The DROP, with all that hangs on it or only where nothing does."""
    table = sql.Identifier(use["schema_name"], use["name"])
    along = sql.SQL(" CASCADE" if cascade else "")
    if use["column"]:
        return (
            sql.SQL("ALTER TABLE {} DROP COLUMN {}{}").format(table, sql.Identifier(use["column"]), along).as_string()
        )
    keyword = sql.SQL(_KEYWORDS.get(use["kind"], "TABLE"))
    return sql.SQL("DROP {} {}{}").format(keyword, table, along).as_string()


def _script(statements: list[sql.Composed]) -> str:
    return ";\n".join(each.as_string() for each in (_PATIENCE, *statements)) + ";"
