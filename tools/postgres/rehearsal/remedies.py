"""What to run in place of one statement of a migration."""

from dataclasses import replace

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.rewrite import safer
from tools.postgres.rehearsal.step import Step


def instead(case: Case, step: Step) -> str:
    """The statements that take the place of this one, ready to be run; empty when none are known to come to an end."""
    if any(answer.against and answer.statement == step.number for answer in case.answers):
        return ""
    statement = replace(case.statement(step.number), number=1, in_transaction=False)
    locks = tuple(replace(lock, statement=1) for lock in step.locks)
    alone = replace(case.trial, up=(statement,), steps=(replace(step, number=1, locks=locks),))
    text = safer(replace(case, trial=alone)).text
    lines = [line for line in text.splitlines() if not line.startswith("SET lock_timeout")]
    return text.strip() if lines != [f"{statement.sql};"] else ""
