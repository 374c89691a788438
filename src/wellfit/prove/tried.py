"""The trial runs of a proof so far."""

from dataclasses import dataclass, field

from wellfit.prove.trial import TrialRun

AS_IS = 0
"""Number of the variant that changes nothing."""


@dataclass
class Trials:
    """All runs so far.

    Args:
        runs: by number of the variant and seed.
        repeated: the first one again, under the same seed.
        interrupted: the user ended it.
    """

    runs: dict[tuple[int, int], TrialRun] = field(default_factory=dict)
    repeated: TrialRun | None = None
    interrupted: bool = False

    @property
    def repeat(self) -> bool:
        """Whether equal seeds gave equal runs, to the last bit, as far as that was tried."""
        first, again = self.runs.get((AS_IS, 0)), self.repeated
        if first is None or first.ended is None or again is None or again.ended is None:
            return True
        return first.losses == again.losses and first.ended.weights == again.ended.weights

    def is_over(self, variant: int) -> bool:
        """Whether more runs of a variant would say no more: one failed, or the first was left alone by its cures.

        Where none of the others can go on, the script as it is has nothing to be compared with.
        """
        numbers = {number for number, _ in self.runs} - {AS_IS}
        if variant == AS_IS:
            return self.failure(AS_IS) is not None or (bool(numbers) and all(map(self.is_over, numbers)))
        first = self.runs.get((variant, 0))
        return self.failure(variant) is not None or (first is not None and not any(first.applied))

    def failure(self, variant: int) -> str | None:
        """Why a variant says nothing, from its first run that failed."""
        failed = (run.failure for (number, _), run in self.runs.items() if number == variant and run.failure)
        return next(failed, None)

    def pairs(self, variant: int) -> tuple[list[TrialRun], list[TrialRun]]:
        """Runs as they are and changed, of the seeds that both have whole."""
        whole = {key for key, run in self.runs.items() if run.failure is None}
        seeds = sorted(seed for number, seed in whole if number == variant and (AS_IS, seed) in whole)
        return [self.runs[AS_IS, seed] for seed in seeds], [self.runs[variant, seed] for seed in seeds]
