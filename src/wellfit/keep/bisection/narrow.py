"""Holds more and more of a run still, until short runs of it come out equal."""

from dataclasses import dataclass, replace

from wellfit.digest.recorded import Recorded
from wellfit.keep.bisection.cause import Cause, at
from wellfit.keep.bisection.changed import explain_change
from wellfit.keep.bisection.trace import Pair, Parting, Traced, agrees_at, differing_reads, part
from wellfit.keep.bisection.trials import Held, Trials
from wellfit.keep.bisection.words import came_by, differs, edit_of, stage
from wellfit.keep.first_difference import FirstDifference
from wellfit.model.record import RunRecord

EQUAL = "short runs come out equal"


@dataclass(frozen=True, slots=True)
class Before:
    """What is known before any short run.

    Args:
        record: of the run as it was.
        record_again: of the run as it came back.
        told: by the run as it was.
        told_again: by the run as it came back.
        difference: of these two.
    """

    record: RunRecord
    record_again: RunRecord
    told: Recorded
    told_again: Recorded
    difference: FirstDifference


def bisect(trials: Trials, before: Before) -> Cause:
    """Find why a run did not come back.

    Args:
        trials: makes short runs.
        before: what is known already.
    """
    return replace(_bisect(trials, before), trials=trials.made)


def _bisect(trials: Trials, before: Before) -> Cause:
    one = trials.make("as it is")
    other = one if one.failure else trials.make("as it is, again")
    failure = one.failure or other.failure
    if failure:
        return Cause("unknown", f"the code was run for a few steps to find out why, and {failure}")
    parting = part(one, other)
    if parting is None:
        return explain_change(trials, before.record, before.record_again, (before.told, one), before.difference)
    return _Search(trials, one, other, parting).run()


class _Search:
    """Of two short runs that part, what has to be held still for them not to."""

    def __init__(self, trials: Trials, one: Traced, other: Traced, parting: Parting) -> None:
        self._trials, self._one, self._other, self._parting = trials, one, other, parting
        self._what = stage(parting, one, other)
        self._saw = differs(self._what, parting)
        self._rest: Parting | None = None

    def run(self) -> Cause:
        """Try what may be it, the likeliest first."""
        if self._parting.kind == "computed":
            return self._kernels()
        for look in (self._seeds, self._hashing, self._clocks, self._seeds_of_libraries):
            cause = look()
            if cause is not None:
                return cause
        return Cause(
            self._what,
            f"{self._saw}; no seed, clock, number of the operating system or seed of hashes explains it: what is left"
            " is another thread or process, something outside, or a set of objects, whose order follows addresses",
            f"look at what {at(self._parting.operation.place)} is given",
            self._parting.operation.place,
        )

    def _seeds(self) -> Cause | None:
        return self._replayed([pair for pair in self._parting.sources if _is_seed(pair) and pair[0].direct])

    def _seeds_of_libraries(self) -> Cause | None:
        return self._replayed([pair for pair in self._parting.sources if _is_seed(pair) and not pair[0].direct])

    def _clocks(self) -> Cause | None:
        return self._replayed([pair for pair in self._parting.sources if not _is_seed(pair)])

    def _replayed(self, suspects: list[Pair]) -> Cause | None:
        """Give the likeliest line's again, in all of the run; else those of all suspects."""
        if not suspects:
            return None
        pairs = [pair for pair in differing_reads(self._one, self._other) if _line(pair) in set(map(_line, suspects))]
        likeliest = self._likeliest(suspects)
        alone = [pair for pair in pairs if _line(pair) == _line(likeliest)]
        if self._agrees(f"with {likeliest[0].function} giving the same again", alone):
            return self._blame(likeliest, alone)
        if len(alone) < len(pairs) and self._agrees("with the like of it giving the same again, too", pairs):
            return self._blame(suspects[0], pairs)
        return None

    def _agrees(self, name: str, pairs: list[Pair]) -> bool:
        again = self._trials.make(name, Held(replay=tuple(read for read, _ in pairs)))
        if again.failure is not None or not agrees_at(self._parting, self._one, again):
            return False
        self._rest = part(self._one, again)
        return True

    def _likeliest(self, suspects: list[Pair]) -> Pair:
        """The last that seeds torch before torch draws; else the last."""
        torchs = [pair for pair in suspects if pair[0].function.startswith(("torch.", "Generator."))]
        return (torchs if torchs and self._parting.kind == "drawn" else suspects)[-1]

    def _blame(self, suspect: Pair, pairs: list[Pair]) -> Cause:
        read, again = suspect
        often = any(first.is_repeated for first, _ in pairs if (first.function, first.place) == _line(suspect))
        saw = f"{self._saw}: {came_by(read, again)}; given the same again, {self._outcome()}"
        return Cause(self._what, saw, edit_of(read, often=often), read.place, confirmed=True)

    def _outcome(self) -> str:
        if self._rest is None:
            return EQUAL
        operation = self._rest.operation
        return f"that is equal, and short runs part later, in {operation.name} at {at(operation.place)}"

    def _hashing(self) -> Cause | None:
        if self._one.hash == self._other.hash or not self._pair_agrees("with PYTHONHASHSEED=0", Held(hash_seed=0)):
            return None
        place = self._parting.operation.place
        saw = f"{self._saw}: it follows the order of a set or of hashes, which PYTHONHASHSEED leaves to chance"
        return Cause(
            "hash order",
            f"{saw}; with PYTHONHASHSEED=0, {self._outcome()}",
            f"sorted(...) around the set that {at(place)} uses, or PYTHONHASHSEED=0 in the environment",
            place,
            confirmed=True,
        )

    def _kernels(self) -> Cause:
        place, name = self._parting.operation.place, self._parting.operation.name
        held = Held(deterministic=True)
        edit = "torch.use_deterministic_algorithms(True) before training"
        one = self._trials.make("with deterministic algorithms", held)
        if one.failure:
            return Cause("kernels", f"{self._saw}; with deterministic algorithms, {one.failure}", "", place)
        other = self._trials.make("with deterministic algorithms, again", held)
        parting = None if other.failure else part(one, other)
        if other.failure or (parting is not None and parting.operation.name == name):
            saw = f"{self._saw}; torch.use_deterministic_algorithms(True) does not cure it"
            return Cause("kernels", saw, f"another operation in place of the one at {at(place)}", place)
        cured = f"{self._saw}; with torch.use_deterministic_algorithms(True), short runs come out equal"
        return Cause("kernels", cured, edit, place, confirmed=True)

    def _pair_agrees(self, name: str, held: Held) -> bool:
        if not self._trials.has_room(2):
            return False
        one = self._trials.make(name, held)
        other = one if one.failure else self._trials.make(f"{name}, again", held)
        if one.failure or other.failure or not agrees_at(self._parting, one, other):
            return False
        self._rest = part(one, other)
        return True


def _line(pair: Pair) -> tuple[object, ...]:
    return pair[0].function, pair[0].place


def _is_seed(pair: Pair) -> bool:
    return pair[0].kind != "clock"
