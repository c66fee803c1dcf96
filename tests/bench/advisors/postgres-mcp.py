"""postgres-mcp's index advisor over a list of statements: python postgres-mcp.py DSN STATEMENTS.json (in its environment).

Its tools take ten statements at a time, and so it is asked here; ten that it fails on are asked about one by one.
"""

import asyncio
import json
import sys
from pathlib import Path

from postgres_mcp.index.dta_calc import DatabaseTuningAdvisor
from postgres_mcp.sql import DbConnPool, SqlDriver

TEN = 10


async def asked(driver: SqlDriver, texts: list[str]) -> tuple[list[str], str]:
    """The indexes for these statements, and its error."""
    result = await DatabaseTuningAdvisor(driver).analyze_workload(query_list=texts)
    return [each.definition for each in result.recommendations], result.error or ""


async def main(dsn: str, file: str) -> None:
    pool = DbConnPool()
    await pool.pool_connect(dsn)
    driver = SqlDriver(conn=pool)
    texts = json.loads(Path(file).read_text())
    ddl: dict[str, None] = {}
    failed = 0
    for at in range(0, len(texts), TEN):
        some = texts[at : at + TEN]
        found, error = await asked(driver, some)
        if error:
            answers = [await asked(driver, [text]) for text in some]
            found = [statement for each, _ in answers for statement in each]
            failed += sum(bool(error) for _, error in answers)
        ddl.update(dict.fromkeys(found))
    await pool.close()
    note = f"asked about ten statements at a time; it failed on {failed} of {len(texts)} statements"
    print(json.dumps({"ddl": list(ddl), "note": note}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
