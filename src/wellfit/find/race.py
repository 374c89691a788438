"""Short trainings at a few rates, then longer ones at fewer, each judged on held-out loss."""

import math
import statistics
from collections.abc import Sequence

from wellfit.find.horizon import centre, levels, slope
from wellfit.find.leg import Leg
from wellfit.find.trainable import Factor, Trainable

RUNGS = ((5, 2), (3, 4), (3, 9))
"""Rates in each rung, and the length of its legs in units of the first one's."""

BELOW, ABOVE = 3.0, 0.25
"""Decades below the rate at which the sweep broke, between which the first rung's rates lie."""

NARROWER = 0.8
"""Spacing of a rung's rates, in spacings of the one before."""

FEWEST_STEPS = 2
"""Shortest leg."""

MOST_EXTRA = 3
"""Rates added where the best of the first rung is its first or last."""

AGAIN = 3
"""Rates that are run again: as many as tell on which side of the best one the lowest loss lies."""

FLAT = 1e-3
"""Share of the first loss by which a leg must end lower to have learnt something."""

TAIL = 8
"""Steps whose training losses are averaged at the end of a leg."""


class Race:
    """The legs of one search.

    Args:
        training: is started anew for each leg.
        factor: the planned schedule.
        planned: optimizer steps of the real run.
        room: optimizer steps that the race may take.
        learning: decades by which the best rate falls with each decade of steps, while longer trainings learn more.
        epoch: steps of one pass through the data; None where it is unknown.
    """

    def __init__(  # noqa: PLR0913  # what a race is run under
        self,
        training: Trainable,
        factor: Factor,
        *,
        planned: int,
        room: int,
        learning: float,
        epoch: float | None = None,
    ) -> None:
        self.legs: list[Leg] = []
        self.first = training.first_loss()
        self._learning, self._epoch = learning, epoch
        self._training, self._factor = training, factor
        self._planned, self._room = planned, room

    def run(self, broke_at: float) -> None:
        """Run all rungs, or the first in longer legs where nothing in it ends below the loss before any training.

        Args:
            broke_at: decimal logarithm of the multiplier at which the sweep ended.
        """
        count, _ = RUNGS[0]
        spacing = (BELOW - ABOVE) / (count - 1)
        length = self._length(0)
        logs = [broke_at - BELOW + spacing * i for i in range(count)]
        self._rung(logs, length)
        if not self.learnt:  # some networks stand still at first: all rates again, as long as there is room
            self._rung(logs, max(length, min(self._room // count, self._planned)))
            return
        self._extend(spacing, length)
        for rung in range(1, len(RUNGS)):
            spacing *= NARROWER
            points = levels(self.legs, self.first, self._training.rows)
            before, length = length, min(self._length(rung), self._planned)
            fall = slope(points, self._learning, steps=length, epoch=self._epoch)
            middle = centre(points[-1]) - fall * math.log10(length / before)
            count, _ = RUNGS[rung]
            self._rung([middle + spacing * (i - (count - 1) / 2) for i in range(count)], length)

    def repeat(self, times: int) -> None:
        """Run the longest legs again, the best of them and those beside it, each time on other batches.

        Args:
            times: >= 0.
        """
        again = self._best_of_the_longest()
        for number in range(1, times + 1):
            for leg in again:
                self._leg(leg.multiplier, leg.steps, number)

    @property
    def learnt(self) -> bool:
        """Whether some leg ended below the loss before any training."""
        return min(leg.loss for leg in self.legs) < self.first - FLAT * abs(self.first)

    @property
    def at_edge(self) -> bool:
        """Whether the best leg over all rates that were tried at first is the lowest or highest of them."""
        legs = sorted(self._first_rung(), key=lambda leg: leg.multiplier)
        return min(legs, key=lambda leg: leg.loss) in (legs[0], legs[-1])

    def _first_rung(self) -> list[Leg]:
        return [leg for leg in self.legs if leg.steps == self.legs[0].steps and not leg.repeat]

    def _best_of_the_longest(self) -> list[Leg]:
        most = max(leg.steps for leg in self.legs)
        longest = sorted((leg for leg in self.legs if leg.steps == most), key=lambda leg: leg.multiplier)
        best = min(range(len(longest)), key=lambda i: longest[i].loss)
        start = max(0, min(best - AGAIN // 2, len(longest) - AGAIN))
        return longest[start : start + AGAIN]

    def _length(self, rung: int) -> int:
        """As long as the room that is left allows this rung and those after it."""
        units = sum(count * length for count, length in RUNGS[rung:])
        return max(FEWEST_STEPS, self._room * RUNGS[rung][1] // units)

    def _rung(self, logs: Sequence[float], length: int) -> None:
        for log in logs:
            self._leg(10**log, length)

    def _extend(self, spacing: float, length: int) -> None:
        """Add rates where the best is at an end."""
        for _ in range(MOST_EXTRA):
            if not self.at_edge:
                return
            legs = sorted(self._first_rung(), key=lambda leg: leg.multiplier)
            lowest = min(legs, key=lambda leg: leg.loss) is legs[0]
            self._leg(legs[0].multiplier / 10**spacing if lowest else legs[-1].multiplier * 10**spacing, length)

    def _leg(self, multiplier: float, length: int, repeat: int = 0) -> None:
        losses = list(self._training.run(length, lambda step: multiplier * self._factor(step / length), repeat))
        whole = len(losses) == length and math.isfinite(losses[-1])
        loss = self._training.judged() if whole else math.inf
        loss = loss if math.isfinite(loss) else math.inf
        self.legs.append(Leg(multiplier, length, loss, statistics.fmean(losses[-TAIL:]), repeat))
        self._room -= len(losses)
