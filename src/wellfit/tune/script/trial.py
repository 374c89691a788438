"""One trial: a whole run of the script with other settings, watched, recorded, and ended early where others lead."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wellfit.keep.curves import told_in
from wellfit.keep.run import CURVES, HASH_SEED, Asked, Recording
from wellfit.model.events.fit import FitScored
from wellfit.model.knob import Value
from wellfit.model.record import MetricSummary, Option, RunRecord, Status
from wellfit.model.run import WatchSettings
from wellfit.model.study import End, StudyPlan, TrialTold
from wellfit.prove.stage import OUTPUT_NAME, QUIET, Stage
from wellfit.script.command import Command, count_program_words
from wellfit.script.trials import TrialEnd
from wellfit.tune.script.knobs import cures_of, params_of, words_with
from wellfit.tune.script.tail import Tail

LONGEST_WORDS = 200
"""Characters of the script's own last line that a reason may quote."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is run.

    Args:
        values: of the knobs by key; empty for the script as it is.
        seed: 0 leaves the script's own seeds alone; n > 0 shifts each of them.
        left_by: folder that an earlier attempt was killed in; None where there was none.
    """

    values: Mapping[str, Value]
    seed: int = 0
    left_by: Path | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of a trial.

    Args:
        record: of it.
        reason: why it failed; empty where it did not.
        curves: values by metric, in the order in which they came.
        seconds: that it took.
        unscored: see `Recorded`.
    """

    record: RunRecord
    reason: str
    curves: Mapping[str, tuple[float, ...]]
    seconds: float
    unscored: str = ""


def run_trial(
    stage: Stage, plan: StudyPlan, attempt: Attempt, enough: Callable[[Sequence[float]], bool] = lambda _: False
) -> Ran:
    """Run the script once.

    Args:
        stage: where it runs.
        plan: of the search.
        attempt: what is run.
        enough: is handed the values of the metric as they come; whether the trial is to be ended.
    """
    words = words_with(plan, attempt.values)
    cures = cures_of(plan.knobs, attempt.values, plan.seen)
    asked = Asked(
        Command(words, plan.script, Path(plan.folder)),
        Path(plan.folder),
        kind="confirm" if attempt.seed else "trial",
        parent=plan.name,
        environment={HASH_SEED: QUIET[HASH_SEED]},
        seed_shift=attempt.seed,
        changes=cures,
        params=params_of(plan.knobs, attempt.values),
    )
    with Recording(asked) as recording:
        wanted = (*CURVES, FitScored.__name__) if plan.scored else CURVES
        settings = WatchSettings(str(recording.folder), wanted=wanted, record=True, lean=True, params=asked.params)
        tail = Tail(recording.folder, plan.metric)
        pruned = False

        def look() -> bool:
            nonlocal pruned
            pruned = pruned or enough(tail.new_values())
            return pruned

        ended = stage.run_whole(
            settings,
            cures,
            seed=attempt.seed,
            limit_s=plan.limit_s,
            arguments=words[count_program_words(words) :],
            enough=look,
            left_by=attempt.left_by,
        )
        told = told_in(recording.folder, scored=plan.scored)
        if told is not None:
            modules = tuple(map(stage.of_root, told.modules))
            told = replace(told, options=_with_values(told.options, plan, attempt.values), modules=modules)
        status = _status(ended, pruned=pruned)
        record = recording.end(status, ended.exit_code, recorded=told)
        reason = _reason(ended, recording.folder / OUTPUT_NAME, plan) if status == "failed" else ""
    curves = {} if told is None else {name: tuple(p.value for p in points) for name, points in told.curves.items()}
    return Ran(record, reason, curves, ended.elapsed_s, told.unscored if told else "")


def _status(ended: TrialEnd, *, pruned: bool) -> Status:
    if pruned:
        return "pruned"
    return "failed" if ended.exit_code or ended.exit_code is None else "done"


def told_of(ran: "Ran", plan: StudyPlan) -> TrialTold:
    """What a run came to, by the metric of a search."""
    summary = next((m for m in ran.record.metrics if m.name == plan.metric), None)
    values = ran.curves.get(plan.metric, ())
    best, best_at = _best(summary, plan)
    value = None if summary is None else best if plan.take == "best" else summary.last
    end: End = "done"
    reason = ran.reason
    if reason:
        end = "failed"
    elif ran.record.status == "pruned":
        end = "pruned"
    elif values and not math.isfinite(values[-1]):
        end, value = "diverged", None
    elif value is None:
        end, reason = "failed", f"it never gave {plan.metric}"
    return TrialTold(end, value, reason, ran.record.id, len(values), ran.seconds, best, best_at)


def _best(summary: MetricSummary | None, plan: StudyPlan) -> tuple[float | None, float | None]:
    """The best value and where in the run it came; unknown where the record took the other direction for better."""
    if summary is None:
        return None, None
    if bool(summary.higher_is_better) != plan.higher_is_better:
        return None, None
    share = summary.best_step / summary.last_step if summary.last_step > 0 else None
    return summary.best, share


def _with_values(options: tuple[Option, ...], plan: StudyPlan, values: Mapping[str, Value]) -> tuple[Option, ...]:
    """The options with what the trial sets in the running script, and with own ones that no parser told."""
    told = {option.name for option in options}
    mine = {
        knob.key: Option(
            knob.key, values.get(knob.key, plan.seen.present.get(knob.key)), plan.seen.present.get(knob.key), "tune"
        )
        for knob in plan.knobs
        if knob.is_ours or (knob.is_own and not {knob.key, knob.name} & told)
    }
    return (*(option for option in options if option.name not in mine), *mine.values())


def _reason(ended: TrialEnd, output: Path, plan: StudyPlan) -> str:
    if ended.exit_code is None:
        return f"it was ended after {plan.limit_s:.0f} s, more than any run should take"
    how = f"signal {-ended.exit_code}" if ended.exit_code < 0 else f"exit code {ended.exit_code}"
    try:
        with output.open("rb") as file:
            file.seek(max(0, output.stat().st_size - (1 << 16)))
            lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return f"it failed with {how}" + (f": {lines[-1][:LONGEST_WORDS]}" if lines else "")
