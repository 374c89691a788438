"""Hyperparameters that wellfit sets in the running script itself: what each is called, may be, and changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wellfit.model.cure import Cure
from wellfit.model.knob import Knob, Value
from wellfit.model.study import Seen, StudyPlan
from wellfit.script.command import count_program_words
from wellfit.script.setting import find_option, set_option


@dataclass(frozen=True, slots=True)
class Handle:
    """One of them.

    Args:
        key: its name with underscores.
        low: least value that makes sense.
        high: highest value that makes sense.
        open_low: the least value itself does not.
        cure: what is changed, from the value, all values of the trial, and what is known of the script.
        lacking: what the script lacks where nothing could be changed, in words.
        usual: range that is searched where the user gives none; None where it hangs on the script.
    """

    key: str
    low: float
    high: float
    open_low: bool
    cure: Callable[[Value, Mapping[str, Value], Seen], Cure]
    lacking: str
    usual: Knob | None = None


def _rate(value: Value, _: Mapping[str, Value], seen: Seen) -> Cure:
    """All groups keep their ratios, and a schedule its shape."""
    return Cure("multiply_rates", None, {"multipliers": [float(value) / max(seen.peaks)]})


def _timescale(value: Value, values: Mapping[str, Value], seen: Seen) -> Cure:
    """Epochs over which decoupled decay forgets a weight (Wang & Aitchison 2024): 1 / (rate x decay) steps."""
    rate = float(values.get("lr", max(seen.peaks)))
    return Cure("set_hyperparameters", None, {"weight_decay": 1 / (float(value) * (seen.epoch_steps or 1) * rate)})


def _schedule(value: Value, _: Mapping[str, Value], seen: Seen) -> Cure:
    return Cure("replace_schedule", None, {"shape": str(value), "steps": seen.planned or 0})


_DECAYS = "no optimizer that steps has a weight decay"
_NO_RATE = "no optimizer steps with a rate above 0"

HANDLES: tuple[Handle, ...] = (
    Handle("lr", 0, 1e4, True, _rate, _NO_RATE),  # noqa: FBT003 - a table
    Handle(
        "weight_decay", 0, 1e3, False,  # noqa: FBT003
        lambda value, _values, _seen: Cure("set_hyperparameters", None, {"weight_decay": float(value)}), _DECAYS,
        Knob("weight-decay", low=1e-5, high=1.0, log=True),
    ),
    Handle("timescale", 0, 1e9, True, _timescale, _DECAYS),  # noqa: FBT003
    Handle(
        "dropout", 0, 0.95, False,  # noqa: FBT003
        lambda value, _values, _seen: Cure("set_dropout", None, {"rate": float(value)}),
        "no dropout of the script drops anything", Knob("dropout", low=0.0, high=0.6),
    ),
    Handle(
        "label_smoothing", 0, 0.95, False,  # noqa: FBT003
        lambda value, _values, _seen: Cure("smooth_labels", None, {"smoothing": float(value)}),
        "gradients flow from no call of cross_entropy", Knob("label-smoothing", low=0.0, high=0.2),
    ),
    Handle(
        "augment", 0, 1, False,  # noqa: FBT003
        lambda value, _values, _seen: Cure("augment", None, {"strength": float(value)}),
        "the model is not trained on batches of float images", Knob("augment", low=0.0, high=1.0),
    ),
    Handle(
        "clip", 0, 1e6, True,  # noqa: FBT003
        lambda value, _values, _seen: Cure("clip_gradients", None, {"norm": float(value)}),
        "gradients cannot be clipped",
    ),
    Handle("schedule", 0, 0, False, _schedule, "the rate cannot be set"),  # noqa: FBT003
)  # fmt: skip

SHAPES = ("constant", "linear", "cosine")
"""Schedules that a trial can be given."""

OFTEN_IDLE = frozenset({"clip"})
"""Those that may change nothing in a short run."""


def handle_of(key: str) -> Handle | None:
    """The handle of a name; None where wellfit has none."""
    return next((handle for handle in HANDLES if handle.key == key), None)


def mistake_of(knob: Knob) -> str | None:
    """What is wrong with the range of a knob that wellfit sets, in a sentence; None where nothing is."""
    handle = handle_of(knob.key)
    if handle is None:
        return None
    if knob.key == "schedule":
        unknown = [str(choice) for choice in knob.choices if choice not in SHAPES]
        if not knob.choices or unknown:
            return f"schedule is chosen among {', '.join(SHAPES)}: write choice:constant,cosine"
        return None
    ends = [value for value in (knob.low, knob.high, *knob.choices) if value is not None]
    wrong = [v for v in ends if isinstance(v, str) or not handle.low <= v <= handle.high]
    wrong += [v for v in ends if handle.open_low and v == handle.low]
    if not wrong:
        return None
    above = "above" if handle.open_low else "at least"
    return f"{knob.name} is {above} {handle.low:g} and at most {handle.high:g}, and {spelled(wrong[0])} is not"


def cures_of(knobs: tuple[Knob, ...], values: Mapping[str, Value], seen: Seen) -> tuple[Cure, ...]:
    """What is changed in the running script; a schedule first, whose rates the others multiply.

    Args:
        knobs: of the search.
        values: of a trial, by key; empty for the script as it is.
        seen: of the script.
    """
    mine = [knob.key for knob in knobs if knob.is_ours and knob.key in values]
    ordered = sorted(mine, key=lambda key: key != "schedule")
    handles = [(key, handle) for key in ordered if (handle := handle_of(key)) is not None]
    return tuple(handle.cure(values[key], values, seen) for key, handle in handles)


def words_with(plan: StudyPlan, values: Mapping[str, Value]) -> tuple[str, ...]:
    """The command of a trial: that of the script, with its own options set where each of them is taken.

    Args:
        plan: of the search.
        values: of the trial, by key; empty for the script as it is.
    """
    program = plan.words[: count_program_words(plan.words)]
    arguments = list(plan.words[len(program) :])
    declared = plan.seen.declared
    for knob in plan.knobs:
        if not knob.is_own or knob.key not in values:
            continue
        text = spelled(values[knob.key])
        if knob.word.endswith("="):
            arguments.append(knob.word + text)
        elif declared:
            arguments = set_option(arguments, find_option(declared, knob.word, arguments), text, declared)
        else:
            arguments += [knob.word, text]
    return (*program, *arguments)


def params_of(knobs: tuple[Knob, ...], values: Mapping[str, Value]) -> Mapping[str, Value]:
    """What `wellfit.params` gives in the running script."""
    return {knob.name: values[knob.key] for knob in knobs if knob.declared and knob.key in values}


def spelled(value: Value) -> str:
    """A value as one would type it: six significant digits tell any two trials apart that differ in effect."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def rate_around(peak: float, advised: float | None) -> Knob:
    """The range of rates that is searched where the user gives none: a decade beyond the script's and the recipe's."""
    ends = (peak, advised or peak)
    return Knob("lr", low=float(f"{min(ends) / 10:.2g}"), high=float(f"{max(ends) * 10:.2g}"), log=True)
