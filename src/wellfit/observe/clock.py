"""Which step it is, and whether this one is looked at in full.

A step is one call of one optimizer's `step`. An iteration is one round of the user's loop: it ends when
every optimizer that is in use has stepped. Programs with several optimizers have several steps an
iteration, and sampling by iteration lets each optimizer be seen.
"""

STALE_ITERATIONS = 4
"""Iterations after which an optimizer that no longer steps is not waited for."""

LONGEST_ITERATION = 32
"""Steps after which an iteration ends anyhow, where one optimizer steps many times per step of another."""


class Clock:
    """Counts steps and iterations; `sampled` holds for the whole of the running iteration."""

    def __init__(self) -> None:
        self.step = 0
        self.iteration = 0
        self.sampled = True
        self.sampled_steps = 0
        self._stepped: set[int] = set()
        self._last_iteration_of: dict[int, int] = {}
        self._steps_in_iteration = 0
        self._asked_for_full = False
        self._sampled_from = 0

    def ask_for_full_iteration(self) -> None:
        """Look at the next iteration in full, whatever its number."""
        self._asked_for_full = True

    def count(self, optimizer: int) -> bool:
        """Count a step of one optimizer; True where it ended the iteration, and `begin_iteration` is due."""
        self.step += 1
        self.sampled_steps += self.sampled
        last = self._last_iteration_of
        last[optimizer] = self.iteration
        if len(last) == 1:  # the only one
            return True
        self._steps_in_iteration += 1
        self._stepped.add(optimizer)
        return self._all_stepped()

    def forget_optimizers(self) -> None:
        """A new optimizer was made, perhaps in place of one that steps no more: wait for none of the old ones.

        What it trains is looked at anew, densely at first; where optimizers are made again and again, only
        each time that the iterations have doubled, so that the cost still falls.
        """
        self._last_iteration_of.clear()
        if self.iteration >= 2 * self._sampled_from:
            self._sampled_from = self.iteration

    def _all_stepped(self) -> bool:
        if self._steps_in_iteration >= LONGEST_ITERATION:
            return True
        in_use = {o for o, last in self._last_iteration_of.items() if self.iteration - last <= STALE_ITERATIONS}
        return in_use <= self._stepped

    def begin_iteration(self) -> None:
        """The next round of the user's loop; whether it is sampled is settled here."""
        self.iteration += 1
        if self._steps_in_iteration:
            self._stepped.clear()
            self._steps_in_iteration = 0
        since = self.iteration - self._sampled_from
        self.sampled = self._asked_for_full or since & (since - 1) == 0  # `is_sampled`, written out for each step
        self._asked_for_full = False


def is_sampled(iteration: int) -> bool:
    """Whether an iteration is among 0, 1, 2, 4, 8, ..., so that the cost falls as log2(n)/n."""
    return iteration & (iteration - 1) == 0


GLANCE_STRIDE = 32
"""Iterations from one glance to the next: what must be seen now and then, for as long as the run lasts."""


def is_glance(iteration: int) -> bool:
    """Whether an iteration is one for a glance."""
    return iteration % GLANCE_STRIDE == 0


CURVE_POINTS_PER_OCTAVE = 64


def next_curve_point(step: int) -> int:
    """The first step after this one at which the curves hold a point: all up to 128, then 64 for each doubling."""
    if step + 1 < 2 * CURVE_POINTS_PER_OCTAVE:
        return step + 1
    stride = 1 << (step.bit_length() - CURVE_POINTS_PER_OCTAVE.bit_length())
    return (step // stride + 1) * stride
