"""Validate → allowed? → time limit → run → Evidence: the only way to a tool, and the only place with a broad except."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from pydantic import ValidationError

from common.config.settings import Settings
from common.errors import DbcrewError, DiskFull, EngineDied, InputError, NoData, Refused, TimedOut, Unreachable
from common.evidence import Draft, Evidence, Ledger, Status
from tools.postgres.connection import Postgres
from tools.tool import AnyTool, Bench, Trace

log = structlog.get_logger()


@dataclass
class Runner:
    """Runs tools for one case and writes down what each brought back.

    The same call (tool and arguments) is made once per case: later ones, and those of a process that took over after a
    crash, get the recorded evidence; only one that ended in an error is tried again. Two that ask at the same moment
    share one run.
    """

    case: str
    tools: Mapping[str, AnyTool]
    ledger: Ledger
    settings: Settings
    postgres: Postgres | None = None
    progress: Callable[[str], None] = lambda line: None
    _running: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def call(self, name: str, allowed: frozenset[str] | None = None, **args: Any) -> Evidence:
        """Call the tool `name`. Never raises for what a tool did: the evidence's status says how it ended.

        `allowed` names the tools the caller may use (None: all of them).
        """
        key = hashlib.sha256(orjson.dumps([name, args], option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()
        async with self._running.setdefault(key, asyncio.Lock()):
            known = await self.ledger.find(self.case, key)
            if known is not None and known.status is not Status.ERROR:
                return known
            return await self.ledger.append(await self._run(name, key, allowed, args))

    async def _run(self, name: str, key: str, allowed: frozenset[str] | None, args: dict[str, Any]) -> Draft:
        tool = self.tools.get(name)
        trace = Trace()
        started = time.perf_counter()
        if tool is None or (allowed is not None and name not in allowed):
            status, data = Status.REFUSED, _why(f"there is no tool {name} for this role", "Use one that is listed.")
        else:
            status, data = await self._attempt(tool, Bench(self.settings, self.postgres, self.progress, trace), args)
        ms = round((time.perf_counter() - started) * 1000, 3)
        log.info("tool", tool=name, case=self.case, status=status.value, ms=ms)
        return Draft(
            case=self.case,
            key=key,
            tool=name,
            engine=tool.engine if tool else "",
            server_version=self.postgres.server_version if self.postgres else "",
            role=self.postgres.role if self.postgres else "",
            statement=";\n".join(trace.statements),
            status=status,
            data=data,
            ms=ms,
        )

    async def _attempt(self, tool: AnyTool, bench: Bench, args: dict[str, Any]) -> tuple[Status, dict[str, Any]]:
        try:
            async with asyncio.timeout(tool.timeout_s):
                result = await tool.run(tool.args.model_validate(args), bench)
            return Status.OK, result.model_dump(mode="json")
        except ValidationError as error:
            return Status.REFUSED, _why(f"these arguments do not fit {tool.name}: {error.errors()[0]['msg']}", "")
        except NoData as error:
            return Status.NO_DATA, _why(*_facts(error))
        except (Refused, InputError) as error:
            return Status.REFUSED, _why(*_facts(error))
        except TimedOut as error:
            return Status.TIMEOUT, _why(str(error), "")
        except TimeoutError:
            return Status.TIMEOUT, _why(f"{tool.name} took longer than {tool.timeout_s:g} s and was stopped", "")
        except (EngineDied, Unreachable, DiskFull) as error:
            return Status.ERROR, _why(str(error), "", lost=True)
        except DbcrewError as error:
            return Status.ERROR, _why(str(error), "")
        except Exception as error:
            log.exception("tool failed", tool=tool.name, case=self.case)
            return Status.ERROR, _why(f"{tool.name} failed: {type(error).__name__}: {error}", "See build_data/logs.")


def _facts(error: DbcrewError) -> tuple[str, str]:
    if isinstance(error, InputError):
        return str(error), ""
    return str(error.facts.get("reason", error)), str(error.facts.get("needs", ""))


def _why(reason: str, needs: str, lost: bool = False) -> dict[str, Any]:
    return {"reason": " ".join(reason.split()).rstrip("."), "needs": needs, **({"engine_lost": True} if lost else {})}
