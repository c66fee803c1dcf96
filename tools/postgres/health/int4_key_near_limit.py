"""A primary key of type integer or smallint that is about to run out: then every INSERT fails."""

from psycopg import sql

from common.findings import Finding, NotChecked, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.sequence_near_limit import severity
from tools.postgres.health.view import View

PROBED = 50
"""Keys without a sequence of their own whose highest value is read from the end of the index, largest tables first."""


async def look(view: View) -> Outcome:
    found: list[Finding | NotChecked] = []
    probes = 0
    role = (await view.server())["role"]
    for row in await view.own("int4_keys"):
        highest = row["last_value"]
        if highest is None:
            if not row["readable"]:
                usage = f"GRANT USAGE ON SCHEMA {row['quoted_schema']} TO {role};"
                found.append(CHECK.not_checked(f"{usage} GRANT SELECT ON {row['quoted']} TO {role};"))
                continue
            if probes == PROBED:
                continue
            probes += 1
            statement = sql.SQL("SELECT max({}) AS highest FROM {}").format(
                sql.Identifier(row["column"]), sql.Identifier(row["schema"], row["table"])
            )
            highest = (await view.probe(statement))[0]["highest"]
        used = (highest or 0) / row["maximum"]
        if severity(used) is not Severity.INFO:
            facts = {name: row[name] for name in ("object", "remedy", "maximum", "row_count")}
            found.append(CHECK.finding(severity(used), facts, highest=highest, used_share=used))
    return found


CHECK = Check(
    code="int4-key-near-limit",
    means="The highest value of a 2- or 4-byte primary key, or its sequence, is at 70 % of what the type holds.",
    summary="{object} is at {highest} of {maximum}: {used_share} are gone",
    wrong_if="the values are not handed out in order (hashes, codes), so a high one says nothing",
    look=look,
)
