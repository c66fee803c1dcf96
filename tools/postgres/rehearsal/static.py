"""What squawk says about the text alone: a question, not an answer."""

import asyncio
import sys
from pathlib import Path
from shutil import which

import orjson

from common.errors import Missing
from common.findings import Finding, Severity


async def lint(text: str, major: int, in_transaction: bool) -> list[Finding]:
    """squawk's findings, each under its own rule name, all of severity info.

    Raises Missing when the program is not installed.
    """
    program = which("squawk", path=str(Path(sys.executable).parent)) or which("squawk")
    if program is None:
        raise Missing(what="squawk", next="Run ./p3 test once, or pip install squawk-cli.")
    command = [program, "--reporter", "json", "--pg-version", str(major), "--stdin-filepath", "up.sql"]
    if in_transaction:
        command.append("--assume-in-transaction")
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    out, _ = await process.communicate(text.encode())
    try:
        said = orjson.loads(out or b"[]")
    except orjson.JSONDecodeError:
        return []
    return [
        Finding(
            code=f"squawk:{each['rule_name']}",
            severity=Severity.INFO,
            object=f"line {each['line'] + 1}",
            summary="{said}",
            facts={"said": each["message"], "line": each["line"] + 1},
            remedy=each.get("help") or "",
        )
        for each in said
        if each["rule_name"] != "syntax-error"
    ]
