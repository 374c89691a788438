"""Facts that only `wellfit check --deep` can see: each is made by experiments on the script."""

from dataclasses import dataclass

from wellfit.model.events.deep import RunsCompared


@dataclass(frozen=True, slots=True)
class Repetition:
    """Whether equal seeds give equal runs."""

    compared: RunsCompared
