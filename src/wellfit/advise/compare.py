"""The script's values beside those of the recipe."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from wellfit.advise.length import Planned
from wellfit.advise.seen import Training
from wellfit.advise.settings import CUSTOMARY, shown_range
from wellfit.model.events.recipe import ValueCompared
from wellfit.recipes.adapt import Choice
from wellfit.recipes.plan import Plan
from wellfit.recipes.show import HIDDEN, text_of, words

ALIKE = 0.1
"""Relative: rates and decays that agree to this are told as the same; no recipe is known better."""

SCHEDULES = {
    "cosine": {"CosineAnnealingLR", "OneCycleLR"},
    "one_cycle": {"OneCycleLR"},
    "multistep": {"MultiStepLR", "StepLR"},
    "exponential": {"ExponentialLR"},
    "constant": {"none seen", "ConstantLR"},
    "linear": {"LinearLR"},
}
"""What of torch runs as a schedule of ours does, apart from its warmup."""


def compare(plan: Plan, training: Training, planned: Planned) -> tuple[ValueCompared, ...]:
    """A row for each value that the recipe has, and for what only the script does.

    Args:
        plan: the recipe for this run.
        training: what was seen.
        planned: the run's length.
    """
    script = dict(_script(plan, training, planned))
    rows = [_row(choice, script.get(name), plan) for name, choice in plan.choices.items() if name not in HIDDEN]
    only = (
        ValueCompared(n, text, "", None) for n, (text, _) in script.items() if n not in plan.choices and _says(n, text)
    )
    return (*rows, *only)


Seen = tuple[str, Any]
"""In words, and what is compared."""


def _script(plan: Plan, training: Training, planned: Planned) -> Iterator[tuple[str, Seen]]:
    """What the script does, by the recipe's names."""
    setup, batch = training.setup, planned.setting.batch_size
    passes = training.passes_a_step
    size = f"{batch}" + (f" in {passes} passes" if passes > 1 else "") if batch else "not known"
    yield "optimizer", (setup.kind, setup.kind)
    yield "options", (words(setup.options), setup.options)
    yield "lr", (shown_range(setup.rates, "by group"), setup.rates)
    yield "batch_size", (size, batch)
    yield "schedule", (training.schedule, training.schedule)
    yield "warmup", (training.warmup, training.warmup == "none seen")
    yield "weight_decay", (shown_range(setup.decays, "by group") or "none", setup.decays)
    yield "no_decay", (setup.spared or "nothing decays", setup.spares)
    yield "clip", (training.clip, training.clip)
    yield "dropout", (", ".join(f"{p:g}" for p in plan.dropped) or "no module drops", plan.dropped or (0.0,))
    if training.loss is not None and training.loss.smoothing is not None:
        yield "label_smoothing", (words(training.loss.smoothing), training.loss.smoothing)


def _says(name: str, text: str) -> bool:
    """Whether a value that the recipe lacks is worth a row."""
    return bool(text) and not (name == "clip" and text == "none seen")


def _row(choice: Choice, seen: Seen | None, plan: Plan) -> ValueCompared:
    text, value = seen or ("", None)
    agree = _AGREE.get(choice.name, _is_equal)
    same = None if seen is None else agree(choice.value, value, plan)
    rule = choice.rule.replace("as the loader has it", "as the script has it")
    return ValueCompared(choice.name, text, text_of(choice), same, rule, choice.source, choice.read)


def _is_equal(wanted: Any, seen: Any, _: Plan) -> bool | None:
    return bool(seen == wanted)


def _follows(_: Any, __: Any, ___: Plan) -> bool | None:
    """The recipe takes the script's own: there is nothing to compare."""
    return None


def _steps_alike(wanted: str, seen: str, plan: Plan) -> bool | None:
    """AdamW without decay is Adam."""
    return wanted == seen or (not plan.value("weight_decay") and {wanted, seen} == {"Adam", "AdamW"})


def _is_alike(wanted: float | None, seen: tuple[float, ...], _: Plan) -> bool | None:
    one = seen or (0.0,)
    return len(one) == 1 and math.isclose(one[0], wanted or 0.0, rel_tol=ALIKE)


def _runs_alike(wanted: str, seen: str, _: Plan) -> bool | None:
    """A scheduler of one's own, or one that is composed of others, does not tell by its class."""
    return seen in SCHEDULES.get(wanted, ()) if any(seen in kinds for kinds in SCHEDULES.values()) else None


def _warms_up_alike(wanted: int, none_seen: bool, _: Plan) -> bool | None:  # noqa: FBT001 - compared, not a switch
    return none_seen == (not wanted)


def _spares_alike(wanted: tuple[str, ...], spares: bool | None, plan: Plan) -> bool | None:  # noqa: FBT001 - the same
    return None if spares is None or not plan.value("weight_decay") else spares == bool(wanted)


def _clips_alike(wanted: float | None, seen: str, _: Plan) -> bool | None:
    return seen == (f"norm {wanted:.3g}" if wanted else "none seen")


def _has_options(wanted: dict[str, Any], seen: dict[str, Any], _: Plan) -> bool | None:
    """Those that the recipe names; what stands at torch's own default is left out of what was seen."""
    return all(seen.get(key, CUSTOMARY.get(key)) == value for key, value in wanted.items())


_AGREE: dict[str, Callable[[Any, Any, Plan], bool | None]] = {
    "optimizer": _steps_alike,
    "batch_size": _follows,
    "lr": _is_alike,
    "weight_decay": _is_alike,
    "dropout": _is_alike,
    "schedule": _runs_alike,
    "warmup": _warms_up_alike,
    "no_decay": _spares_alike,
    "clip": _clips_alike,
    "options": _has_options,
}
"""Whether the script does what the recipe says, by the value's name; None where that cannot be told."""
