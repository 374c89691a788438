"""From a script beside its recipe to what the recipe changes in it: the same numbers of steps, on several seeds."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from wellfit.errors import ProofError
from wellfit.model.advice import Advice, Measured
from wellfit.model.cure import Cure
from wellfit.model.events.recipe import RecipeApplied, RecipeCompared
from wellfit.model.proof import Proof
from wellfit.model.run import Started
from wellfit.model.wishes import Wishes
from wellfit.prove.conclude import conclude
from wellfit.prove.findings import Listener, Terms
from wellfit.prove.plan import FEWEST_STEPS, Pace, Plan, make_plan
from wellfit.prove.prove import GRACE_S, run_trials
from wellfit.prove.stage import Stage
from wellfit.prove.trial import LATE, TrialRun, held_back
from wellfit.prove.tried import AS_IS, Trials
from wellfit.script.command import Command

MOST_STEPS = 1_000_000
"""Optimizer steps of a run at most, where the watched ones took no time that could be measured."""

LONGEST_FIRST = 0.5
"""Of the budget, what the first run may take before it is killed: nothing could be compared in the rest."""

CHANGED = "with the recipe"

RECIPE = 1
"""Number of the variant that is trained by the recipe."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The run behind a comparison.

    Args:
        command: what was run.
        wishes: what the recipe was asked for with.
        pace: how fast it was.
        started: how its process was started.
        processes: that trained.
    """

    command: Command
    wishes: Wishes
    pace: Pace
    started: Started | None
    processes: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that is known before the first trial run."""

    comparison: RecipeCompared
    watched: Watched
    terms: Terms
    tell: Callable[[int, int], None]
    deadline: float


def prove_recipe(advice: Advice, watched: Watched, terms: Terms, listener: Listener) -> Advice:
    """Measure what the recipe changes.

    Args:
        advice: on the script.
        watched: the run behind it.
        terms: what may be spent.
        listener: is told.

    Returns:
        the advice with what was measured, or with the reason why nothing was; as it is where nothing was compared.
    """
    comparison = advice.comparison
    if comparison is None:
        return advice
    if advice.exit_code:
        return replace(advice, measured=_not_measured("the script failed, and a proof runs it again"))
    listener.announce(_first_plan(comparison, watched, terms))
    asked = _Asked(comparison, watched, terms, listener.tell, time.monotonic() + terms.budget_s)
    try:
        with Stage(watched.command.words, terms.folder, watched.started, terms.before) as stage:
            measured = _measure(stage, asked)
    except ProofError as error:
        measured = _not_measured(str(error))
    except KeyboardInterrupt:
        measured = _not_measured("interrupted before anything was tried")
    return replace(advice, measured=measured)


def _first_plan(comparison: RecipeCompared, watched: Watched, terms: Terms) -> Plan:
    """What will run, as far as the watched steps tell: the script may end before."""
    steps = _affordable(watched.pace, terms)
    if comparison.length.known:
        steps = min(steps, _of_all(comparison.length.steps, comparison))
    run_s = watched.pace.start_s + watched.pace.step_s * steps
    return Plan((Cure("use_recipe"),), steps, 0, terms.seeds, run_s, changed=CHANGED)


def _affordable(pace: Pace, terms: Terms) -> int:
    """Steps of each run that the budget has room for."""
    step_s = pace.step_s or pace.start_s  # of a single watched step
    spare_s = terms.budget_s / (2 * terms.seeds + 2) - pace.start_s
    return max(FEWEST_STEPS, int(min(MOST_STEPS, spare_s / step_s)) if step_s else MOST_STEPS)


def _of_all(steps: int, comparison: RecipeCompared) -> int:
    """Steps of all optimizers that so many of the main one make."""
    return max(1, round(steps / comparison.share))


def _of_main(steps: int, comparison: RecipeCompared) -> int:
    return max(1, round(steps * comparison.share))


def _not_measured(reason: str) -> Measured:
    return Measured(Proof("could not measure", reason))


def _measure(stage: Stage, asked: _Asked) -> Measured:
    tried, scout = _explore(stage, asked)
    if scout.failure is not None or scout.ended is None:
        return _not_measured(f"the script as it is cannot be run again: {scout.failure}")
    made = scout.ended.trained
    whole = _whole(asked.comparison, made, ended=made < tried)
    plan = _plan(asked, scout, whole)
    if plan is None:
        return _not_measured(f"the script makes {made} steps, and a trial takes {FEWEST_STEPS} at least")
    trials = run_trials(stage, plan, deadline=asked.deadline, tell=lambda done, total: asked.tell(done + 1, total + 1))
    return _measured(plan, trials, asked, whole)


def _explore(stage: Stage, asked: _Asked) -> tuple[int, TrialRun]:
    """Run the script once as it is, to see where it ends and evaluates itself; and for how many steps that was to be.

    Where it fails because of what the watched run left in the folder, all runs begin without that.
    """
    steps = _affordable(asked.watched.pace, asked.terms)
    if asked.comparison.length.known:
        steps = min(steps, _of_all(asked.comparison.length.steps, asked.comparison) * _longer(asked.watched))
    limit_s = max(GRACE_S, LONGEST_FIRST * asked.terms.budget_s)
    asked.tell(0, 2 * asked.terms.seeds + 2)
    run = stage.run((), seed=0, train_steps=steps, score_steps=0, limit_s=limit_s, whole=False)
    if run.failure is not None and stage.leave_out_what_is_new():
        run = stage.run((), seed=0, train_steps=steps, score_steps=0, limit_s=limit_s, whole=False)
    return steps, run


def _longer(watched: Watched) -> int:
    """How many times as long as it was told a run may be: one process does what several shared."""
    return max(2, watched.processes)


def _whole(comparison: RecipeCompared, made: int, *, ended: bool) -> int | None:
    """Steps of the whole script; None where nobody knows."""
    if ended:
        return made
    told = _of_all(comparison.length.steps, comparison) if comparison.length.known else 0
    return told if told > made else None


def _plan(asked: _Asked, scout: TrialRun, whole: int | None) -> Plan | None:
    """What runs: up to the script's own last evaluation where it has one, else with a last part that is scored."""
    made = scout.ended.trained if scout.ended else 0
    start_s = min(asked.watched.pace.start_s, scout.elapsed_s / 2)
    left_s = max(1.0, asked.deadline - time.monotonic())
    pace = Pace(made, start_s, scout.elapsed_s - start_s)
    cure = _use_recipe(asked, made)
    plan = make_plan((cure,), pace, budget_s=left_s, seeds=asked.terms.seeds, most=made)
    if plan is None:
        return None
    total = plan.train_steps + plan.score_steps
    evaluated = [scored.step for scored in held_back(scout.log) if LATE * total <= scored.step <= total]
    if evaluated:
        plan = replace(plan, train_steps=max(evaluated), score_steps=1)
    cures = (_use_recipe(asked, plan.train_steps),)
    return replace(plan, cures=cures, base=_compressed(asked, plan.train_steps, whole), changed=CHANGED)


def _use_recipe(asked: _Asked, train_steps: int) -> Cure:
    """The recipe for so many steps."""
    comparison, wishes = asked.comparison, asked.watched.wishes
    length, steps = comparison.length, _of_main(train_steps, comparison)
    options = {
        "steps": steps,
        "epochs": steps * length.epochs / length.steps,
        "samples": length.samples,
        "batch_size": length.batch_size,
        "family": wishes.family,
        "optimizer": wishes.optimizer,
        "pretrained": wishes.pretrained,
        "parameters": comparison.parameters,
    }
    return Cure("use_recipe", comparison.made_at, options)


def _compressed(asked: _Asked, train_steps: int, whole: int | None) -> tuple[Cure, ...]:
    """What brings the script's own schedule to its end in a run that is cut."""
    every = asked.comparison.length.scheduled_every
    if whole is None or whole <= train_steps or every is None:
        return ()
    calls, steps = _of_main(whole, asked.comparison) / every, _of_main(train_steps, asked.comparison)
    return (Cure("compress_schedule", None, {"calls": calls, "steps": steps}),)


def _measured(plan: Plan, trials: Trials, asked: _Asked, whole: int | None) -> Measured:
    proof = conclude(plan, trials, RECIPE)
    logs = [run.log for (number, _), run in trials.runs.items() if number == RECIPE]
    applied = next((event for log in logs if (event := log.last(RecipeApplied))), None)
    if proof.verdict == "could not measure":
        return Measured(proof, applied)
    return Measured(proof, applied, tuple(_notes(plan, trials, Measured(proof, applied), asked, whole)))


def _notes(plan: Plan, trials: Trials, measured: Measured, asked: _Asked, whole: int | None) -> Iterator[str]:
    comparison, proof, applied = asked.comparison, measured.proof, measured.applied
    yield from _on_length(plan, trials, comparison, whole)
    if not proof.held_back and (when := _trained_before(plan, comparison)):
        yield (
            f"The scored rows {when}: this tells how well they are learnt, not how well what was learnt serves"
            " others. A script that evaluates itself is scored on that."
        )
    if _is_of_smoothing(proof, applied):
        yield (
            "The recipe smooths labels: answers that are right as often are less certain, and their cross-entropy is"
            " larger."
        )
    if comparison.share < 1:
        yield "Several optimizers step and the recipe stands for one: what is scored need not be its model's doing."
    if asked.watched.processes > 1:
        yield f"Measured on one process, where {asked.watched.processes} trained together."


def _is_of_smoothing(proof: Proof, applied: RecipeApplied | None) -> bool:
    """Whether a cross-entropy that grew decides, where smoothed labels alone make it grow."""
    smooths = applied is not None and dict(applied.values).get("label_smoothing", "0") not in {"0", "none"}
    return smooths and proof.verdict == "hurts" and proof.effect is not None and proof.effect.metric == "cross-entropy"


def _trained_before(plan: Plan, comparison: RecipeCompared) -> str:
    """Whether rows of training batches, which score, came before; empty in a first epoch."""
    length = comparison.length
    if length.samples is None:
        return "may have been trained on before"
    epoch = _of_all(round(length.steps / length.epochs), comparison)
    return "were trained on in earlier epochs" if plan.train_steps > epoch else ""


def _on_length(plan: Plan, trials: Trials, comparison: RecipeCompared, whole: int | None) -> Iterator[str]:
    """That the script was cut, and what became of its schedule."""
    train = plan.train_steps
    if whole is not None and whole <= train:
        return
    of = f"of its {whole:,}" if whole else "of a length that nothing tells"
    cut = f"The script was cut after {train:,} steps {of}"
    pressed = any(any(run.applied) for (number, _), run in trials.runs.items() if number == AS_IS)
    has_schedule = any(value.name == "schedule" and value.script != "none seen" for value in comparison.values)
    if plan.base and pressed:
        yield f"{cut}, with its schedule compressed to them."
    elif has_schedule:
        yield f"{cut}, before its schedule came to its end; the recipe's did: this is in favour of the recipe."
    else:
        yield f"{cut}. The recipe is made for these, and its schedule ends with them."
