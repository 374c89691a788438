"""Holds more and more of a run still, until short runs of it come out equal."""

from dataclasses import dataclass, replace

from wellfit.digest.recorded import Recorded
from wellfit.keep.bisection.cause import Cause, at
from wellfit.keep.bisection.changed import explain_change
from wellfit.keep.bisection.trace import Parting, Traced, agrees_at, part
from wellfit.keep.bisection.trials import Held, Trials, can_hold_addresses
from wellfit.keep.bisection.words import came_by, differs, edit_of, stage
from wellfit.keep.first_difference import FirstDifference
from wellfit.model.events.retrace import SourceRead
from wellfit.model.record import RunRecord

Pair = tuple[SourceRead, SourceRead]

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
        for look in (self._seeds, self._hashing, self._clocks, self._addresses):
            cause = look()
            if cause is not None:
                return cause
        return Cause(
            self._what,
            f"{self._saw}; no seed, clock, number of the operating system, or order of hashes explains it: what another"
            " thread, process or program gives comes in there",
            place=self._parting.operation.place,
        )

    def _seeds(self) -> Cause | None:
        pairs = [pair for pair in self._parting.sources if pair[0].kind != "clock"]
        return self._replayed("with the same seeds", pairs)

    def _clocks(self) -> Cause | None:
        if not any(read.kind == "clock" for read, _ in self._parting.sources):
            return None
        return self._replayed("with the same clock", list(self._parting.sources), "clock")

    def _replayed(self, name: str, pairs: list[Pair], kind: str | None = None) -> Cause | None:
        """Give the likeliest again, alone; else all of them."""
        suspects = _by_line([pair for pair in pairs if kind is None or pair[0].kind == kind])
        if not suspects:
            return None
        likeliest = self._likeliest(suspects)
        alone = [pair for pair in pairs if _line(pair) == _line(likeliest)]
        function = likeliest[0].function
        if self._agrees(
            f"with what {function} got given again" if kind is None else f"with what {function} gave", alone
        ):
            return self._blame(likeliest, alone)
        if len(alone) < len(pairs) and self._agrees(name, pairs):
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
        often = sum(_line(pair) == _line(suspect) for pair in pairs) > 1
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

    def _addresses(self) -> Cause | None:
        if not can_hold_addresses() or not self._pair_agrees("with memory placed alike", Held(addresses=True)):
            return None
        place = self._parting.operation.place
        return Cause(
            "addresses",
            f"{self._saw}: it follows the order of a set of objects that are hashed by their address in memory; with"
            f" addresses that are not drawn at random, {self._outcome()}",
            f"a list or a dict in place of the set that {at(place)} uses",
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


def _by_line(pairs: list[Pair]) -> list[Pair]:
    """The last read of each line, in the order of these."""
    return sorted({_line(pair): pair for pair in pairs}.values(), key=pairs.index)
