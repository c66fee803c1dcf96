"""May this actor ask? Seen before? Too many hops? Too long? Then a case, kept until it is answered."""

import hashlib

from agents.boards import Board
from common.config.settings import Settings
from common.errors import InputError, NothingAsked, Refused, TooLarge
from common.state.cases import Case, Cases, Request

LABEL = "agent:database"


async def dispatch(request: Request, origin: str, board: Board, cases: Cases, settings: Settings) -> Case:
    """The case of the request's issue. Raises Refused, TooLarge or NothingAsked.

    Its id is a function of where it came from, so the same event twice is one case.
    """
    if not await board.may_ask(request.actor):
        needs = "Ask somebody with write permission to put the label on."
        raise Refused(reason=f"{request.actor} may not set work off on {board.name}", needs=needs)
    if request.hops > settings.max_hops:
        raise Refused(reason="this work was handed on too often", needs="A person must look at it.")
    issue = await board.issue(request.issue)
    readable(f"{issue.title}\n{issue.body}", settings)
    return await cases.open(f"{board.name}#{issue.number}", origin, request)


def issue_limit(settings: Settings) -> str:
    """The longest text that is read, and the setting that says so."""
    return f"{settings.issue_bytes:,} bytes (the setting DBCREW_ISSUE_BYTES)"


def readable(text: str, settings: Settings) -> str:
    """The text as it is stored: broken surrogates replaced. Raises TooLarge, NothingAsked, or InputError for NUL bytes."""
    size = len(text.encode("utf-8", "replace"))
    if size > settings.issue_bytes:
        raise TooLarge(what="This text", size=f"{size:,} bytes", limit=issue_limit(settings))
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise InputError(detail=f"There is a NUL byte in line {line}: this is no text", next="Send it as plain text")
    if not any(character.isalnum() for character in text):
        raise NothingAsked
    return text.encode("utf-8", "replace").decode()


def origin_of(door: str, *parts: str) -> str:
    """A short name of where a request came from, the same each time: the door and a digest of what it brought."""
    return f"{door}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}"
