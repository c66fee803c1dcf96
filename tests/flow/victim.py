"""A process that loads the team once and then forks a child for each question it reads, so that a test can kill it.

Input: one JSON object a line, {"text", "dsn"}. Output: the child's pid, then, when it has ended, its exit code.
"""

import asyncio
import json
import os
import sys

from agents.doors.command import ask
from agents.office import team


async def answered(text: str, dsn: str) -> None:
    async with team(dsn, lambda line: None) as crew:
        await ask(text, "", crew)


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            asyncio.run(answered(asked["text"], asked["dsn"]))
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
