"""What came out of looking for indexes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.postgres.advise.building import wanted
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.case import Case
from tools.postgres.advise.cases import Missing
from tools.postgres.advise.proof import Proof
from tools.postgres.advise.search import Choice
from tools.postgres.advise.single import why_none
from tools.postgres.advise.sizes import estimate
from tools.postgres.advise.tidy import Drop

_SMALL_BYTES = 65_536


@dataclass
class Advice:
    """What came out. Costs are the planner's; `proof` holds what was measured on the copy."""

    cases: list[Case] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    choice: Choice = field(default_factory=Choice)
    proof: Proof = field(default_factory=Proof)
    build_ms: dict[Candidate, float] = field(default_factory=dict)
    insert_us: dict[Candidate, float | None] = field(default_factory=dict)
    """Microseconds that each index adds to the insert of a row, timed on the copy."""
    dropped: list[Candidate] = field(default_factory=list)
    """Chosen by estimate, but when the statements were run none was faster with it, or one was slower."""
    drops: list[Drop] = field(default_factory=list)
    statistics: list[Drop] = field(default_factory=list)
    how: str = "none"
    """`hypopg` (and a copy), `copy`, or `none` when neither could be had: indexes are then named by rule, untried."""
    missing: list[Missing] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    untried: set[Candidate] = field(default_factory=set)
    """Advised by rule: neither HypoPG nor a copy could try them."""
    dear: dict[int, tuple[Candidate, float]] = field(default_factory=dict)
    """For a statement the index that helps it most on the copy, and how many times cheaper it is by estimate."""

    def why_not(self, case: Case) -> str:
        """Why nothing helps a statement."""
        if case.number in self.proof.not_run:
            return f"not run on the copy: {self.proof.not_run[case.number]}"
        if case.number in self.dear:
            index, times = self.dear[case.number]
            begin = f"{index.plain_ddl} makes it {times:,.1f} times cheaper by estimate, "
            if index in self.dropped:
                return begin + "but it was no faster when it was run, or another statement was slower"
            if self._short(case):
                return begin + "but the storage given has no room for it beside what gains more"
            return begin + "which in this workload does not outweigh the space it takes and its upkeep"
        if self._short(case):
            return "an index would help it, but the storage given has no room for it"
        return why_none(case.statement, bool(case.candidates))

    @property
    def short(self) -> bool:
        """Whether an index was left out because the storage that was given has no room for it."""
        return any(each not in self.choice.indexes and each not in self.dropped for each in self.choice.wished)

    def _short(self, case: Case) -> bool:
        left = {each for each in self.choice.wished if each not in self.choice.indexes and each not in self.dropped}
        return bool(left.intersection(case.candidates))

    def guess(self, cases: Sequence[Case], storage_bytes: float) -> None:
        """Add the likeliest index of each statement of `cases`, as far as they fit, because none could be tried."""
        ranked = wanted(cases, False)
        for case in cases:
            if any(case.number in users for users in self.choice.users.values()):
                continue
            mine = [e for e in ranked if e in case.candidates and not e.include and e.table.size_bytes > _SMALL_BYTES]
            for each in mine[:1]:
                size = estimate(each)
                if each not in self.choice.indexes:
                    if sum(self.choice.sizes.values()) + size > storage_bytes:
                        continue
                    self.choice.indexes.append(each)
                    self.choice.sizes[each] = size
                    self.untried.add(each)
                self.choice.users.setdefault(each, []).append(case.number)
