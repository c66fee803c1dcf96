"""The command line as a door: a text becomes an issue on the local board, and the issue a case."""

import getpass
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from agents.comment import as_json
from agents.comment.terminal import readable as on_terminal
from agents.dispatch import LABEL, dispatch, issue_limit, origin_of, readable
from agents.reply import BESIDE, Report
from agents.roles import ROLES
from agents.work import Team
from common.config.settings import Settings
from common.errors import CaseFailed, DbcrewError, InputError, TooLarge
from common.evidence import lost
from common.findings import Severity
from common.state.cases import Case, Cases, Request

_TITLE = 80
_FILE = re.compile(r"[^\s?;]+\.(md|markdown|txt|sql)", re.I)
"""One word with the ending of a text file: nobody asks a question like that."""
_PATH = re.compile(r"(?:~|\.{1,2})?/[^\s?;]*|(?:~|\.{1,2})?/[^\n?;]*\.(md|markdown|txt|sql)|[\w.-]+(/[\w.-]+)+/?", re.I)
"""One word with slashes, or a rooted path to a text file with spaces in it: no question either."""
log = structlog.get_logger()


async def ask(text: str, role: str, team: Team) -> Case:
    """Put the text on the local board and work on it until it is answered.

    The same text about the same database goes on with an unfinished case; once that is answered, it is asked anew.
    """
    text = judged(text, role, team.settings)
    actor = getpass.getuser()
    origin = origin_of("command", team.live.where, role, text)
    title, _, body = text.strip().partition("\n")
    if len(title) > _TITLE:
        title, body = _shortened(title), text
    issue = await team.board.open_issue(title, body, actor, (LABEL,), origin)
    request = Request(board=team.board.name, issue=issue, actor=actor, live=team.live.where, role=role)
    case = await dispatch(request, origin, team.board, Cases(team.store), team.settings)
    case = await worked(case.id, team)
    await team.board.close(issue)
    return case


def judged(text: str, role: str, chosen: Settings) -> str:
    """The text as it may be asked. Raises InputError for a role there is none of, and what `readable` raises; this needs no
    server, so a command judges before it connects to one.
    """
    if role and role not in ROLES:
        raise InputError(detail=f"There is no role {role}", next=f"Choose one of {', '.join(ROLES)}")
    return readable(text, chosen)


async def worked(case: str, team: Team, *, retry: bool = False) -> Case:
    """Work on the case, or `retry` it (see Team.work).

    A defect of ours ends in the log and in one line, not in a traceback; what was found is kept.
    """
    try:
        return await team.work(case, retry=retry)
    except DbcrewError:
        raise
    except Exception as error:
        log.exception("case stopped", case=case)
        await Cases(team.store).mark(case, "failed", detail=f"{type(error).__name__}: {error}")
        raise CaseFailed(
            case=case, detail=f"{type(error).__name__}, a defect of dbcrew; see build_data/logs"
        ) from error


@dataclass(frozen=True)
class Answer:
    """What a command prints of a finished case, and the exit code that goes with it."""

    report: Report
    markdown: str
    problems: tuple[str, ...]
    exit_code: int

    @cached_property
    def json(self) -> dict[str, Any]:
        """The object of contract.md."""
        return as_json(self.report, self.markdown)

    @property
    def text(self) -> str:
        """The comment for a terminal."""
        return on_terminal(self.markdown, self.report)


async def answer(case: Case, team: Team) -> Answer:
    """The case's comment and its JSON.

    Exit code: 3 when the engine went away, 2 when nothing could be done with the input, 1 with findings.
    """
    report = Report.model_validate(case.report)
    comments = await team.board.comments(case.request.issue)
    markdown = next((one.body for one in comments if one.marker == case.id), "")
    asked = [reply for reply in report.replies if reply.question != BESIDE]
    problems = tuple(reply.problem for reply in asked if reply.problem)
    worth = any(finding.severity is not Severity.INFO for reply in report.replies for finding in reply.findings)
    code = 2 if problems and len(problems) == len(asked) else 1 if worth or problems else 0
    if (record := lost(report.evidence)) is not None:
        again = f"{record.data['reason'].removesuffix('; run it again')}. Go on with ./p3 cases {case.id} --retry"
        return Answer(report, markdown, (again,), 3)
    return Answer(report, markdown, problems, code)


def text_of(source: str, chosen: Settings) -> str:
    """What `source` means: standard input (`-`), the name of a file, or the text itself.

    Raises TooLarge, or InputError for a folder and for a file that cannot be read.
    """
    if source == "-":
        raw = sys.stdin.buffer.read(chosen.issue_bytes + 1)
    elif _is_there(source):
        try:
            with Path(source).open("rb") as file:
                raw = file.read(chosen.issue_bytes + 1)
        except OSError as error:
            raise InputError(detail=f"{source} cannot be read: {error.strerror}", next="Name a text file") from error
    elif _FILE.fullmatch(source) or _PATH.fullmatch(source):
        raise InputError(
            detail=f"There is no file {source}", next="Name a file that is there, or write the question itself"
        )
    else:
        raw = source.encode("utf-8", "surrogateescape")
    if len(raw) > chosen.issue_bytes:
        raise TooLarge(what="This text", size=f"over {chosen.issue_bytes:,} bytes", limit=issue_limit(chosen))
    return raw.decode("utf-8", "replace")


def _is_there(source: str) -> bool:
    try:
        return bool(source) and len(source) < 4096 and "\n" not in source and Path(source).exists()
    except (OSError, ValueError):
        return False


def _shortened(title: str) -> str:
    return title[: _TITLE - 1].rsplit(" ", 1)[0] + "…"
