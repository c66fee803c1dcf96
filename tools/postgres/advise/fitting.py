"""A set of indexes within storage: a knapsack whose things are worth more or less beside each other.

Space is made dearer until what the search chooses fits; each set found on the way, and the one it would have been were
there room, is cut down to what fits (what loses least for its bytes goes first) and then improved as long as some small
change helps: an index exchanged for a like one, a move that does not fit for those that lose least for their bytes, an
index left out for whatever the room brings instead. The best of them is taken. All of it is worked out from plans that
are known, so that it takes no time of the server's.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import combinations

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Indexes
from tools.postgres.advise.worth import Worth

LEAST_GAIN = 0.03
"""Powers of ten, of one statement: what is below is noise of the estimates."""
_FIRST_PRESSURE = 12.0
"""Powers of ten that an index must bring which takes all storage, when storage is short: the first price tried."""
_PRICES = 5
_FULL = 0.9
_ROUNDS = 8
_DEEP = 2
"""Of the sets found at different prices so many are improved as far as it goes."""
_LEAST_MISSED, _MOST_GONE, _TRIED = 10, 3, 5
"""Of the chosen so many that lose least for their bytes may go for a move, so many at a time, so many such sets tried."""

Chosen = Callable[[], Awaitable[Indexes]]
Exchanged = Callable[[Indexes], Awaitable[Indexes]]


class Fitting:
    """Fits sets into storage. `moves`: the additions worth trying; `late`: whether time is up."""

    def __init__(self, worth: Worth, moves: Sequence[Indexes], late: Callable[[], bool]) -> None:
        self._worth, self._late = worth, late
        self._moves = sorted(moves, key=order)

    async def fitted(self, wished: Indexes, chosen: Chosen, exchanged: Exchanged) -> Indexes:
        """The best set found. `chosen` searches at the price of the moment, `exchanged` swaps one index at a time."""
        starts = dict.fromkeys([await self._shrunk(wished)])
        low, high, fit = 0.0, 0.0, False
        for _ in range(_PRICES):
            self._worth.pressure = (low + high) / 2 if fit else 2 * low or _FIRST_PRESSURE
            tried, pressure = await chosen(), self._worth.pressure
            self._worth.pressure = 0.0
            if self._late():
                break
            if await self._worth.fits(tried):
                fit, high = True, pressure
            else:
                low = pressure
            starts[await self._shrunk(tried)] = None
        self._worth.pressure = 0.0
        quick = dict.fromkeys([await self._filled(await exchanged(start)) for start in starts])
        gains = {each: await self._worth.gain(frozenset(), each) for each in quick}
        best: Indexes | None = None
        for found in sorted(quick, key=lambda each: (-gains[each], order(each)))[:_DEEP]:
            for _ in range(_ROUNDS):
                before = found
                found = await self._filled(await self._traded(await exchanged(found)))
                found = await self._without_each(found)
                if found == before or self._late():
                    break
            if best is None or await self._worth.gain(best, found) > LEAST_GAIN / 3:
                best = found
        assert best is not None
        return best

    async def _shrunk(self, chosen: Indexes) -> Indexes:
        """What loses least for the bytes it frees left out, one by one, until the rest fits."""
        while not await self._worth.fits(chosen):
            loss = {each: await self._worth.gain(chosen - {each}, chosen) for each in chosen}
            sizes = {each: max(1, await self._worth.size(each)) for each in chosen}
            chosen -= {min(chosen, key=lambda each: (loss[each] / sizes[each], each.body))}
        return chosen

    async def _traded(self, chosen: Indexes) -> Indexes:
        """A move that does not fit, for those few that together lose least and free enough, when that is better."""
        loss = {each: await self._worth.gain(chosen - {each}, chosen) for each in chosen}
        for move in self._moves:
            if self._late():
                break
            if move <= chosen:
                continue
            best, gain = chosen, LEAST_GAIN
            for gone in await self._enough(loss, chosen, move):
                other = chosen - gone | move
                found = await self._worth.gain(chosen, other)
                if found > gain:
                    best, gain = other, found
            if best != chosen:
                chosen = best
                loss = {each: await self._worth.gain(chosen - {each}, chosen) for each in chosen}
        return chosen

    async def _enough(self, loss: Mapping[Candidate, float], chosen: Indexes, move: Indexes) -> list[Indexes]:
        """The sets of chosen indexes that free enough for `move` and lose least, each by itself; the empty one when it fits."""
        sizes = {each: await self._worth.size(each) for each in chosen | move}
        need = sum(sizes.values()) - self._worth.storage
        if need <= 0:
            return [frozenset()]
        ranked = sorted(chosen - move, key=lambda each: (loss[each] / max(1, sizes[each]), each.body))[:_LEAST_MISSED]
        things = [(each, sizes[each], loss[each]) for each in ranked]
        found: list[tuple[float, Indexes]] = []
        for count in range(1, _MOST_GONE + 1):
            for some in combinations(things, count):
                if sum([size for _, size, _ in some]) >= need:
                    found.append((sum([lost for _, _, lost in some]), frozenset(each for each, _, _ in some)))
        found.sort(key=lambda pair: pair[0])
        return [some for _, some in found[:_TRIED]]

    async def _without_each(self, chosen: Indexes) -> Indexes:
        """Each index in turn left out for whatever else the room brings, when that is better."""
        for each in sorted(chosen, key=lambda one: one.body):
            if self._late():
                break
            if each in chosen:
                other = await self._filled(chosen - {each}, each)
                if await self._worth.gain(chosen, other) > LEAST_GAIN:
                    chosen = other
        return chosen

    async def _filled(self, chosen: Indexes, without: Candidate | None = None) -> Indexes:
        """What is left of the storage given to whatever still helps most and fits."""
        moves = [each for each in self._moves if without not in each]
        while not self._late():
            best, gain = None, LEAST_GAIN
            for move in moves:
                if move - chosen and await self._worth.fits(chosen | move):
                    found = await self._worth.gain(chosen, chosen | move)
                    if found > gain:
                        best, gain = move, found
            if best is None:
                break
            chosen |= best
        return chosen


def order(move: Indexes) -> tuple[str, ...]:
    """A fixed order of moves."""
    return tuple(sorted(each.body for each in move))
