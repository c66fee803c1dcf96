"""Is the pooler sized right? By what PgBouncer and the server count, and by the rules that sizes follow from."""

import re

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, Reply
from agents.streams.seen import about, unchecked
from common.evidence import Evidence

_CODES = ("connections-near-limit", "pooler-missing", "idle-in-transaction")
_ASKS = re.compile(
    r"\b(pgbouncer|poolers?|pool[- ]?sizes?|(connection )?pool(s|ing)?|max_connections|default_pool_size|"
    r"(too many|how many|number of) connections)\b",
    re.I,
)


def fits(question: Question) -> float:
    """Words about a pool or the number of connections, without a statement."""
    return question.about_words(_ASKS, 0.85)


async def work(brief: Brief) -> Reply:
    """Compare the pools with the work that there is; without a pooler, the server's connections with theirs."""
    seen = await brief.call("pooling")
    if not seen.ok:
        return stopped(brief, "Is the pooler sized right?", seen, input_is_wrong=False)
    health = await brief.call("health", codes=sorted(_CODES))
    found = about(seen) + about(health)
    limits = (
        [f"What the sessions are doing is hidden from this role. {ref(seen, 'needs')}"] if seen.data["needs"] else []
    )
    if not seen.data["pooler"]:
        limits.append(f"A pooler was not looked at: its console is not configured. {ref(seen, 'pooler_needs')}")
    if seen.data["busy_sessions"] is None:
        limits.append(
            "How many sessions work on average is not known: the server's counters have no known beginning, or have only begun."
        )
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Is the pooler sized right?",
        verdict=_verdict(seen),
        prose=tuple(_prose(seen)),
        findings=tuple(found),
        not_checked=unchecked(health),
        limits=tuple(limits),
        looked_at=(seen.id, health.id),
        status=CaseStatus.DONE if seen.data["pooler"] else CaseStatus.PARTIAL,
    )


def _verdict(seen: Evidence) -> str:
    data = seen.data
    if not data["pooler"]:
        return (
            f"Not known: no pooler's console is configured. On the server {ref(seen, 'sessions')} of {ref(seen, 'slots')} "
            "connections are open."
        )
    codes = {one["code"] for one in data["findings"]}
    if "pool-too-small" in codes:
        return (
            f"No, it is too small for what happens now: {ref(seen, 'clients_waiting')} clients wait, the longest for "
            f"{ref(seen, 'longest_wait_s')}."
        )
    if "pool-exceeds-server" in codes:
        return (
            f"No: its pools may open {ref(seen, 'pool_total')} connections, more than the {ref(seen, 'slots')} that the "
            "server has for them."
        )
    return (
        f"Yes, as far as this moment shows: {ref(seen, 'clients_waiting')} clients wait, and its pools may open "
        f"{ref(seen, 'pool_total')} of the {ref(seen, 'slots')} connections that the server has for them."
    )


def _prose(seen: Evidence) -> list[str]:
    data = seen.data
    said = []
    if data["active_now"] is not None:
        said.append(
            f"On the server: {ref(seen, 'sessions')} sessions of at most {ref(seen, 'slots')}; at work {ref(seen, 'active_now')} "
            f"at the most in some samples, idle {ref(seen, 'idle')}, idle in a transaction {ref(seen, 'idle_in_transaction')}."
        )
    if data["busy_sessions"] is not None:
        said.append(
            f"On average {ref(seen, 'busy_sessions')} sessions were at work since {ref(seen, 'statistics_age_s')} ago "
            "(active time of all sessions over that time)."
        )
    for number, one in enumerate(data["pools"][:10]):
        at = f"pools.{number}"
        needed = f"; busy on average {ref(seen, f'{at}.needed')}" if one["needed"] is not None else ""
        said.append(
            f"Pool {ref(seen, f'{at}.database')}/{ref(seen, f'{at}.user')} ({one['mode']} mode): "
            f"{ref(seen, f'{at}.servers_active')} of {ref(seen, f'{at}.size')} connections at work, "
            f"{ref(seen, f'{at}.clients_active')} clients served, {ref(seen, f'{at}.clients_waiting')} waiting{needed}."
        )
    suggested = (
        f" By that, {ref(seen, 'suggested_pool')} here."
        if data["suggested_pool"] is not None
        else " The server does next to nothing now, so that no size follows from it."
    )
    said.append(
        "How large a pool must be follows from Little's law (connections at work = transactions a second × seconds each holds "
        "its connection), with as much again as headroom; how large it may be, from the server: "
        f"{ref(seen, 'rule')}.{suggested} How many cores the server has it does not say over SQL."
    )
    return said


POOLER = Playbook("pooler", "admin", (), fits, work)
