"""Report → the comment, in GitHub Markdown of at most 65,536 characters (and bytes)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from agents.backing import is_sql
from agents.comment import diagrams
from agents.comment.compiled import CompiledTemplates
from agents.comment.json import findings
from agents.comment.text import Safe, Writer, cell, code, fence, finish, html_text, plain
from agents.reply import BESIDE, Proposal, Reply, Report, look_up, milliseconds
from common.errors import UnbackedClaim
from common.evidence import Evidence
from common.figures import show
from common.findings import Finding

LIMIT = 65_536
"""The most GitHub takes."""

_LONGEST_STATEMENT = 2_000
"""What is longer is no remedy, and need not be parsed to know it."""
_ENGINES = {"postgresql": "PostgreSQL", "postgres": "PostgreSQL", "neo4j": "Neo4j", "redis": "Redis", "faiss": "FAISS"}
_CUTS = ((20_000, 400), (4_000, 100), (1_000, 40), (200, 10))
"""When leaving out is not enough: the most characters of one text, and the most entries of one list."""


@dataclass(frozen=True)
class _Size:
    left_out: frozenset[str] = frozenset()
    text: int = 0
    entries: int = 10_000


def marker(case: str) -> Safe:
    """The hidden first line by which the case's comment is found again."""
    return Safe(f"<!-- dbcrew:{''.join(each for each in case if each.isalnum() or each in '_./#:@')} -->")


def render(report: Report) -> str:
    """The comment: marker, verdict, then what backs it.

    When it is too long, evidence is left out first (the longest first), then diagrams, then the rest is shortened; the
    verdict, the migration and its rollback are the last to be. Raises UnbackedClaim when a reference points to nothing.
    """
    left_out = _surely_left_out(report)
    text = _rendered(report, _Size(frozenset(left_out)))
    saved = 0
    for name, size in _expendable(report):
        if _fits(text):
            return text
        if name in left_out:
            continue
        left_out.add(name)
        saved += size
        if len(text) - saved < LIMIT or name == "plans":
            text, saved = _rendered(report, _Size(frozenset(left_out))), 0
    for characters, entries in _CUTS:
        if _fits(text):
            return text
        text = _rendered(report, _Size(frozenset(left_out), characters, entries))
    if _fits(text):
        return text
    note = "\n\nThe rest is left out: it is too long for a comment. See it with `./p3 cases`."
    head = "\n\n".join(_rendered(report, _Size(frozenset(left_out), 200, 10)).split("\n\n")[:2])
    return head.encode()[: LIMIT - 1_000].decode(errors="ignore") + note


def _surely_left_out(report: Report) -> set[str]:
    """The longest evidence that cannot be in, by the length of the statements alone: it need not be tried."""
    left_out: set[str] = set()
    total = sum(len(record.statement) for record in report.evidence)
    for record in sorted(report.evidence, key=lambda each: -len(each.statement)):
        if total < LIMIT:
            break
        left_out.add(record.id)
        total -= len(record.statement)
    return left_out


def _fits(text: str) -> bool:
    return len(text.encode()) <= LIMIT


def _expendable(report: Report) -> Iterator[tuple[str, int]]:
    for record in sorted(report.evidence, key=lambda each: -len(each.statement)):
        yield record.id, len(record.statement)
    yield "schema", 10_000
    yield "plans", 10_000


def _rendered(report: Report, size: _Size) -> str:
    evidence = {record.id: record for record in report.evidence}
    issues = frozenset(each.issue for each in report.answered)
    writer = Writer(evidence, issues, size.text)
    asked = tuple(reply for reply in report.replies if reply.question != BESIDE) or report.replies
    found, beside = findings(asked), findings(_beside(report.replies, asked))
    text = (
        _templates()
        .get_template("comment.md.j2")
        .render(
            writer=writer,
            report=report,
            marker=marker(report.case),
            several=len(asked) > 1,
            replies=[_reply(reply, evidence, size) for reply in asked[: size.entries]],
            findings=found[: size.entries],
            findings_left_out=max(0, len(found) - size.entries),
            beside=beside[: size.entries],
            headline=_headline(report, evidence),
            evidence=report.evidence[: size.entries * 5],
            left_out=size.left_out,
            not_checked=list(
                {(each.code, each.needs): each for reply in report.replies for each in reply.not_checked}.values()
            ),
            limits=list(dict.fromkeys(each for reply in report.replies for each in reply.limits)),
            unasked=[record for record in report.evidence if not record.ok and not _told(record.id, report.replies)],
            database_s=report.database_s or sum(record.ms for record in report.evidence) / 1000,
            head=report.evidence[-1].digest if report.evidence else "",
            entries=size.entries,
        )
    )
    return _tidied(text)


def _beside(replies: Sequence[Reply], asked: Sequence[Reply]) -> tuple[Reply, ...]:
    """What nobody asked about, without what an answer says already."""
    said = {(each.code, each.object) for reply in asked for each in reply.findings}
    return tuple(
        reply.model_copy(
            update={"findings": tuple(each for each in reply.findings if (each.code, each.object) not in said)}
        )
        for reply in replies
        if reply not in asked
    )


def _told(number: str, replies: Sequence[Reply]) -> bool:
    """Whether a verdict says why this call brought nothing back."""
    return any(f"{{{number}.reason}}" in reply.verdict for reply in replies)


def _alike(found: Sequence[Finding]) -> list[list[Finding]]:
    """Findings that have something to say about what to do, those of one code and one doubt together."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for each in found:
        if each.remedy or each.wrong_if:
            groups.setdefault((each.code, each.wrong_if), []).append(each)
    return list(groups.values())


def _need(text: str) -> Safe:
    """What would help: a statement as code, a sentence as words."""
    return code(text) if len(text) <= _LONGEST_STATEMENT and is_sql(text) else plain(text)


@cache
def _templates() -> Environment:
    jinja = Environment(
        loader=PackageLoader("agents.comment", "."),
        finalize=finish,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        bytecode_cache=CompiledTemplates(),
    )
    jinja.filters |= {"plain": plain, "code": code, "cell": cell, "html": html_text, "fence": fence}
    jinja.filters |= {"alike": _alike, "need": _need}
    jinja.filters |= {name: _written(name) for name in ("prose", "line", "sql")}
    jinja.filters["show"] = lambda value, name: Safe(show(name, value))
    return jinja


def compile_templates() -> None:
    """Compile every template, as the launcher does once, so that the first comment need not wait for it."""
    for name in _templates().list_templates(extensions=["j2"]):
        _templates().get_template(name)


def _written(name: str) -> Callable[[Context, str], Safe]:
    @pass_context
    def write(context: Context, text: str) -> Safe:
        written: Safe = getattr(context["writer"], name)(text)
        return written

    return write


def _reply(reply: Reply, evidence: dict[str, Evidence], size: _Size) -> dict[str, Any]:
    gains = [gain for number, each in enumerate(reply.proposals, 1) if (gain := _gain(number, each, evidence))]
    plans = [] if "plans" in size.left_out else list(_plans(reply, evidence))
    record = evidence.get(reply.schema_evidence)
    schema = diagrams.relationships(record.data) if record and record.ok and "schema" not in size.left_out else ""
    nothing = not (
        reply.decides or reply.proposals or reply.handoffs or any(each.severity.rank < 4 for each in reply.findings)
    )
    return {"reply": reply, "gains": gains, "plans": plans, "schema": schema, "nothing": nothing}


def _plans(reply: Reply, evidence: dict[str, Evidence]) -> Iterator[tuple[str, str]]:
    for pair in reply.plans:
        after = look_up(pair.after, evidence) if pair.after else None
        if chart := diagrams.plans(look_up(pair.before, evidence), after):
            yield pair.title, chart


def _gain(number: int, proposal: Proposal, evidence: dict[str, Evidence]) -> dict[str, Any] | None:
    try:
        before, after = (milliseconds(each, evidence) for each in (proposal.before, proposal.after))
    except (TypeError, ValueError) as error:
        raise UnbackedClaim(
            detail=f"{proposal.before} or {proposal.after} is no time", id=proposal.rehearsal
        ) from error
    if before is None or after is None:
        return None
    return {
        "number": number,
        "kind": proposal.kind,
        "before_ms": before,
        "after_ms": after,
        "gain_times": before / after if after else None,
        "rehearsal": proposal.rehearsal,
    }


def _headline(report: Report, evidence: dict[str, Evidence]) -> list[str]:
    versions = {
        f"{_ENGINES.get(record.engine, record.engine)} {record.server_version}".strip()
        for record in report.evidence
        if record.engine
    }
    gains = [
        gain
        for reply in report.replies
        for number, each in enumerate(reply.proposals, 1)
        if (gain := _gain(number, each, evidence)) and gain["gain_times"]
    ]
    best = max(gains, key=lambda each: each["gain_times"], default=None)
    parts = [", ".join(report.roles), report.status.value.replace("_", " "), ", ".join(sorted(versions))]
    if best:
        parts.append(f"{show('ms', best['before_ms'])} → {show('ms', best['after_ms'])}")
    return [*filter(None, parts), show("s", report.elapsed_s)]


def _tidied(text: str) -> str:
    """No more than one empty line in a row outside fences."""
    lines: list[str] = []
    fenced = ""
    for line in text.split("\n"):
        if fenced:
            fenced = "" if line == fenced else fenced
        elif line.startswith("```"):
            fenced = line[: len(line) - len(line.lstrip("`"))]
        elif not line.strip() and lines and not lines[-1]:
            continue
        lines.append(line if fenced else line.rstrip())
    return "\n".join(lines).strip() + "\n"
