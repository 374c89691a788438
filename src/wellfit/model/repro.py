"""What `wellfit repro` answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from wellfit.model.events.deep import ResumptionTried, RunsCompared


@dataclass(frozen=True, slots=True)
class Reproduced:
    """Whether a script comes back, and how far its metrics move by chance.

    Args:
        script: as the user named it.
        compared: two short runs under equal seeds; None where none could be made.
        resumed: saving and loading; None where it could not be tried.
        refused: what could not be looked at, and why.
        runs: ids of the whole runs, the one with the script's own seeds first.
        values: best value of each metric, run by run.
        noise: standard deviation of each metric from seed to seed.
    """

    script: str
    compared: RunsCompared | None
    resumed: ResumptionTried | None
    refused: tuple[tuple[str, str], ...]
    runs: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]
    noise: Mapping[str, float]

    @property
    def comes_back(self) -> bool | None:
        """Whether equal seeds gave equal runs, and a saved state the same next step; None where neither was seen."""
        seen = []
        if self.compared is not None:
            seen.append(self.compared.first is None)
        if self.resumed is not None and not self.resumed.refused:
            seen.append(self.resumed.same_answers is not False and self.resumed.same_step is not False)
        return all(seen) if seen else None
