"""pgtuner_mcp's index advisor over a list of statements: python pgtuner-mcp.py DSN STATEMENTS.json (in its environment)."""

import asyncio
import json
import sys
from pathlib import Path

from pgtuner_mcp.services import DbConnPool, IndexAdvisor, SqlDriver


async def main(dsn: str, file: str) -> None:
    pool = DbConnPool(dsn)
    await pool.connect()
    result = await IndexAdvisor(SqlDriver(pool)).analyze_queries(json.loads(Path(file).read_text()))
    await pool.close()
    ddl = [each.definition for each in result.recommendations]
    print(json.dumps({"ddl": ddl, "note": result.error or ""}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
