"""A statement that failed on the copy."""

from collections.abc import Iterator

from pglast import ast
from pglast.enums import AlterTableType, ConstrType
from psycopg import sql

from common.figures import Value
from common.findings import Finding, Severity
from tools.postgres.rehearsal.broken import names
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.step import ident
from tools.postgres.rehearsal.script import Statement
from tools.postgres.rehearsal.step import Step
from tools.postgres.rehearsal.views import around

_DEPENDENT = frozenset({"2BP01"})
_FILLED = {ConstrType.CONSTR_DEFAULT, ConstrType.CONSTR_IDENTITY, ConstrType.CONSTR_GENERATED}
_UNDEFINED_TABLE = "42P01"
_ENUM = frozenset({"55P04"})


def check(case: Case) -> Iterator[Finding]:
    """The first statement that PostgreSQL refused, sorted by its SQLSTATE (documentation, appendix A)."""
    step = case.trial.failed
    if step is None:
        return
    state = step.sqlstate or ""
    statement = case.statement(step.number)
    said: dict[str, Value] = {"statement": step.number, "said": step.error or ""}
    where: object = _where(case, step, statement)
    summary = "Statement {statement} fails: {said}"
    if state == "25001" and statement.concurrently:
        return  # concurrently.py names it
    if state[:2] in ("22", "23"):
        code, remedy = "fails-on-existing-data", "Mend the rows first, in a migration of their own."
        new = _empty_column(statement) if state == "23502" else ""
        if new:
            remedy = (
                f"Give the new column {new} a DEFAULT; or add it without NOT NULL, fill it in batches, then add CHECK ({new} IS"
                " NOT NULL) NOT VALID, VALIDATE it, SET NOT NULL and drop the CHECK."
            )
        answer = next((each for each in case.answers if each.statement == step.number and each.against), None)
        if answer is not None:
            summary += f" (live: {answer.counted})"
            said["against"] = answer.against
            where, remedy = answer.object, f"Mend these rows first; some of them are listed by: {answer.listed}"
    elif state in _DEPENDENT or (state == "0A000" and "used by" in (step.error or "")):
        code, remedy = "dependent-object-breaks", around(case, statement, step.error or "")
    elif state in _ENUM:
        code, remedy = "enum-value-in-own-transaction", "Commit the new value first, use it in the next migration."
    elif isinstance(statement.node, ast.CreateExtensionStmt) and "is not available" in (step.error or ""):
        code, remedy = "not-possible-here", _lacking(str(statement.node.extname))
        summary = "Statement {statement} cannot run on the copy: {said}"
    elif any(names(statement, each) for each in case.invalid_indexes):
        index = next(each.name for each in case.invalid_indexes if names(statement, each))
        code, remedy = "not-possible-here", f"Run DROP INDEX CONCURRENTLY {index}; by itself, before the migration."
        said["index"] = str(index)
        summary = "Statement {statement} could not be looked into: {index} is not valid on the live server, and no copy has it"
    elif case.absent:
        code = "not-possible-here"
        said["absent"] = ", ".join(map(str, case.absent))
        summary = "Statement {statement} could not be looked into: the live server has {absent}, the copy has not"
        named = " ".join(f"SELECT FROM {each} LIMIT 0;" for each in case.absent)
        remedy = f"Nothing is known against it. Rehearse it after a statement that names what it needs: {named}"
    elif state == _UNDEFINED_TABLE and (foreign := _foreign(case, statement)):
        code, remedy = "not-possible-here", "Nothing is known against it. Rehearse the file without it."
        said["foreign"] = foreign
        summary = "Statement {statement} could not be looked into: {foreign} is a foreign table, which no copy has"
    else:
        code, remedy = "not-possible-here", f"Correct statement {step.number} (line {statement.line})."
        summary = "Statement {statement} cannot run here: {said}"
    yield Finding(code=code, severity=Severity.HIGH, object=str(where), summary=summary, facts=said, remedy=remedy)


def _empty_column(statement: Statement) -> str:
    """The column that it adds as NOT NULL with nothing to fill it; empty when there is none."""
    for command in getattr(statement.node, "cmds", None) or ():
        if getattr(command, "subtype", None) == AlterTableType.AT_AddColumn:
            kinds = {each.contype for each in command.def_.constraints or ()}
            if ConstrType.CONSTR_NOTNULL in kinds and not kinds & _FILLED:
                return ident(command.def_.colname)
    return ""


def _foreign(case: Case, statement: Statement) -> str:
    """The foreign table that it names; empty when it names none."""
    named = statement.tables
    found = (each.name for each in case.trial.copy.relations if each.kind == "f")
    return next((str(each) for each in found if {(each.schema, each.name), (None, each.name)} & set(named)), "")


def _where(case: Case, step: Step, statement: Statement) -> QualifiedName | str:
    """What the statement is about: the table it names, else the one the server blames, else its number."""
    relation = getattr(statement.node, "relation", None)
    if relation is not None:
        return case.table(relation)
    if step.failed_on is not None:
        return step.failed_on
    named = statement.tables
    mine = (each for each in case.trial.tables if (each.schema, each.name) in named or (None, each.name) in named)
    return next(mine, f"statement {step.number}")


def _lacking(extension: str) -> str:
    """What to do about an extension that the copy's server does not have: the live one may."""
    name = sql.Literal(extension).as_string()
    return (
        f"Whether the live server has it, tells: SELECT default_version FROM pg_available_extensions WHERE name = {name};"
        " If so, rehearse on a scratch server that has it: DBCREW_POSTGRESQL_COPY_DSN."
    )
