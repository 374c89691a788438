"""Everything that a report format may show, and nothing that it must compute."""

from dataclasses import dataclass

from wellfit.model.proof import Proof
from wellfit.model.rule import Severity, Verdict
from wellfit.model.run import Started


@dataclass(frozen=True, slots=True)
class Curve:
    """A value over optimizer steps; `steps` and `values` have one length, NaN and infinities included."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """How the model fits: training and validation rows scored alike, in evaluation mode, on the same weights.

    Args:
        verdict: overfitting, underfitting, fits, or unseen.
        metric: of both scores.
        train: on training rows.
        validation: on rows of the script's own evaluation.
        gap: how much better training rows are answered: low, middle and high of its 95 % interval over samples.
        reason: why the verdict is unseen, or what else must be known of it; empty where there is nothing to add.
        next: what to do, in words; empty where there is nothing to do.
        rows: training and validation samples that were scored.
        step: at which they were.
    """

    verdict: str = "unseen"
    metric: str | None = None
    train: float | None = None
    validation: float | None = None
    gap: tuple[float, float, float] | None = None
    reason: str = ""
    next: str = ""
    rows: tuple[int, int] | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that a comment in the user's source silenced."""

    rule: str
    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """One run, judged.

    Args:
        script: as the user named it.
        root: absolute folder that places are shown relative to.
        steps: optimizer steps that were watched.
        sampled_steps: steps of those that were looked at in full.
        exit_code: of the script itself; negative for death by a signal, None for a saved log that does not say.
        verdicts: exactly one per rule that was asked.
        notices: sentences on what was not seen as it should be: a cut log, a probe that broke, compile.
        processes: how many watched processes trained.
        together: what all cures change together, where several were tried.
        started: how the process that it tells of was started; None where a saved log does not say.
        start_s: seconds of the run from the import of torch to the end of its first optimizer step.
        stepping_s: seconds from there to its end.
    """

    wellfit: str
    script: str
    root: str
    steps: int
    sampled_steps: int
    exit_code: int | None
    verdicts: tuple[Verdict, ...]
    fit: Fit = Fit()
    curves: tuple[Curve, ...] = ()
    notices: tuple[str, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    processes: int = 1
    elapsed_s: float | None = None
    together: Proof | None = None
    started: Started | None = None
    start_s: float = 0.0
    stepping_s: float = 0.0

    @property
    def found(self) -> tuple[Verdict, ...]:
        """Verdicts with findings, worst severity first, then by rule id."""
        order: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}
        hits = [v for v in self.verdicts if v.verdict == "found"]
        return tuple(sorted(hits, key=lambda v: (order[v.severity], v.rule)))

    def of(self, kind: str) -> tuple[Verdict, ...]:
        """Verdicts of one kind: found, clear, unseen or broken."""
        return tuple(v for v in self.verdicts if v.verdict == kind)
