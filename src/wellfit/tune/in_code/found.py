"""What a search in code found, as `wellfit.tune` returns it."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wellfit.declare.space import Hyperparameters, Space
from wellfit.errors import raise_all
from wellfit.model.study import TrialSeen
from wellfit.model.tuned import Interaction, Tuned, Verdict

SUFFIXES = (".html", ".json", ".txt")


@dataclass(frozen=True, repr=False)
class Study:
    """The answer of a search; readable when printed.

    Attributes:
        answer: all that is known, in plain values.
        space: that was searched.
    """

    answer: Tuned
    space: Space

    @property
    def best(self) -> Hyperparameters | None:
        """The setting of the best whole trial, values that were not searched included; None where none was whole."""
        winner = self.answer.winner
        return None if winner is None else self.space.filled(winner.values)

    @property
    def value(self) -> float | None:
        """Of the metric in the best whole trial; the search picked it, so chance flatters it."""
        winner = self.answer.winner
        return None if winner is None else winner.value

    @property
    def trials(self) -> Sequence[TrialSeen]:
        """All that have ended, the defaults first: `values`, `value`, `end`, `course`, `seconds`, `reason`."""
        return self.answer.trials

    @property
    def verdict(self) -> Verdict:
        """What fresh seeds say of best and defaults: "better", "tie", "worse"; see `wellfit.model.tuned`."""
        return self.answer.verdict

    @property
    def importance(self) -> Mapping[str, float]:
        """Share of each hyperparameter in what tells good settings from others; empty where trials are too few.

        `answer.importance_within` has an interval for each.
        """
        return self.answer.importance

    @property
    def interactions(self) -> Sequence[Interaction]:
        """Pairs that do together what neither does alone, beyond chance, the strongest first."""
        return tuple(pair for pair in self.answer.interactions if pair.is_told)

    @property
    def notices(self) -> Sequence[str]:
        """Sentences: ranges to widen, runs to shorten, failures."""
        return self.answer.notices

    def save(self, file: str | Path) -> None:
        """Write all that was found.

        Args:
            file: ends in .html, .json or .txt.

        Raises:
            UsageError: it ends in something else.
            OSError: it cannot be written.
        """
        from wellfit.report.tuned_file import write

        path = Path(file)
        known = path.suffix in SUFFIXES
        raise_all([] if known else [f"{file} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"])
        write(self.answer, path)

    def __repr__(self) -> str:
        plan = self.answer.plan
        found = "none was whole" if self.value is None else f"best {plan.metric} {self.value:.4g}, {self.verdict}"
        return f"Study({plan.name!r}, {len(self.trials)} trials, {found})"

    def __str__(self) -> str:
        from wellfit.report.tuned import render

        return render(self.answer)

    def _repr_html_(self) -> str:
        """In a notebook."""
        return f"<pre>{html.escape(str(self))}</pre>"
