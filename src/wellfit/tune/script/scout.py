"""Two short runs of the script before a search: what can be moved in it, and where its own values stand."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from wellfit.errors import FinderError, UsageError, raise_all
from wellfit.model.cure import Cure
from wellfit.model.events.rates import LoaderTrained, RatesSeen
from wellfit.model.events.recipe import RecipeCompared
from wellfit.model.events.record import OptionsParsed, ParamsDeclared
from wellfit.model.events.trial import InputsChanged, Intervened
from wellfit.model.knob import Knob, Value
from wellfit.model.option import DeclaredOption
from wellfit.model.record import Option
from wellfit.model.study import Seen
from wellfit.model.wishes import Wishes
from wellfit.prove.stage import Stage
from wellfit.prove.trial import EARLY, TrialRun
from wellfit.script.setting import find_option, set_option
from wellfit.tune.script.declared import narrowed
from wellfit.tune.script.knobs import HANDLES, OFTEN_IDLE, Handle, cures_of, handle_of, mistake_of, rate_around, spelled

STEPS = 3
LONGEST_S = 600.0
"""Seconds until the script must have made them."""

PROBED = {"dropout": 0.3, "label_smoothing": 0.1, "augment": 0.5, "weight_decay": 0.01, "clip": 1e-3}
"""Values at which it is seen whether a knob changes anything."""


@dataclass(frozen=True, slots=True)
class Scouted:
    """What they showed.

    Args:
        seen: of the script, with its own value of each knob.
        knobs: that are moved, each with what it acts on.
        notices: sentences.
    """

    seen: Seen
    knobs: tuple[Knob, ...]
    notices: tuple[str, ...] = ()


def scout(stage: Stage, asked: tuple[Knob, ...]) -> Scouted:
    """Run the script twice for a few steps.

    Args:
        stage: where it runs.
        asked: the user's ranges; none takes what the script declares, else leaves the choice of them to us.

    Raises:
        FinderError: the script fails, or trains nothing.
        UsageError: a range is for nothing that the script has.
    """
    plain = _run(stage, (Cure("multiply_rates"),))
    stepped = sorted((seen for seen in plain.log.of(RatesSeen) if seen.steps), key=lambda seen: -seen.steps)
    if not stepped:
        raise FinderError("no optimizer stepped: the script trains nothing that could be tuned")
    parsed = plain.log.last(OptionsParsed)
    options = {option.name: option for event in plain.log.of(OptionsParsed) for option in event.options}
    seen = replace(_seen(plain, stepped), declared=parsed.declared if parsed else ())
    changed = _run(stage, tuple(Cure(cure.intervention, None, cure.options) for cure in _probes(seen)))
    acting = _acting(changed, seen)
    told = plain.log.last(ParamsDeclared)
    declared = narrowed(told, asked)
    others = [knob for knob in asked if knob.key not in {k.key for k in declared}]
    knobs = (*declared, *(_own_or_ours(knob, options, seen) for knob in others))
    knobs = knobs or tuple(_usual(seen, acting, _advised_rate(plain)))
    _check(knobs, options, seen, acting)
    found = {k.key: value for k in knobs if (value := _present(k, options, seen)) is not None}
    present = {**found, **(told.defaults if told else {})}
    seen = replace(_with_lines(seen, changed), present=present)
    return Scouted(seen, knobs, tuple(_notices(knobs, seen, stepped)))


def _run(stage: Stage, cures: tuple[Cure, ...]) -> TrialRun:
    run = stage.run(
        cures, seed=0, train_steps=STEPS, score_steps=0, limit_s=LONGEST_S, whole=False, wishes=Wishes(), record=True
    )
    if run.failure is not None and not run.failure.startswith(EARLY):
        raise FinderError(f"the script could not be run: {run.failure}", script_failed=True)
    return run


def _seen(run: TrialRun, stepped: list[RatesSeen]) -> Seen:
    compared, loader = run.log.last(RecipeCompared), run.log.last(LoaderTrained)
    peaks = stepped[0].peaks if any(stepped[0].peaks) else ()
    present: dict[str, Value] = {"augment": 0.0, **({"lr": max(peaks)} if peaks else {})}
    for value in compared.values if compared else ():
        if value.name in ("weight_decay", "dropout", "label_smoothing"):
            with contextlib.suppress(ValueError):
                present[value.name] = float(value.script)
    known = compared is not None and compared.length.known
    return Seen(
        peaks=peaks,
        planned=compared.length.steps if compared and known else None,
        epoch_steps=_epoch_steps(compared, loader),
        present=present,
        rates=tuple(stepped),
    )


def _with_lines(seen: Seen, changed: TrialRun) -> Seen:
    """With the lines of the script at which the second run changed something."""
    losses = next((event.places for event in changed.log.of(Intervened) if event.intervention == "smooth_labels"), ())
    inputs = changed.log.last(InputsChanged) or InputsChanged(())
    return replace(seen, losses=losses, images=inputs.sites, images_elsewhere=inputs.elsewhere)


def _epoch_steps(compared: RecipeCompared | None, loader: LoaderTrained | None) -> float | None:
    if loader is not None and loader.rows and loader.batch_size and loader.batches_a_step > 0:
        return loader.rows / (loader.batch_size * loader.batches_a_step)
    if compared is not None and compared.length.samples and compared.length.batch_size:
        return compared.length.samples / compared.length.batch_size
    return None


def _probes(seen: Seen) -> tuple[Cure, ...]:
    knobs = tuple(Knob(key) for key in PROBED)
    return cures_of(knobs, PROBED, seen)


def _acting(run: TrialRun, seen: Seen) -> Mapping[str, str]:
    """Why each knob of ours changes nothing, by key; empty for those that do."""
    told = {event.intervention: event for event in run.log.of(Intervened)}
    reasons = {"lr": "" if seen.peaks else _handle("lr").lacking, "schedule": "" if seen.peaks else "the rate is 0"}
    for key, value in PROBED.items():
        handle = _handle(key)
        event = told.get(handle.cure(value, {}, seen).intervention)
        idle = event is None or (not event.times and key not in OFTEN_IDLE)
        reasons[key] = (event.refusal if event else None) or (handle.lacking if idle else "")
    reasons["timescale"] = reasons["weight_decay"] or ("" if seen.epoch_steps else "nothing says how long an epoch is")
    return reasons


def _advised_rate(run: TrialRun) -> float | None:
    """The learning rate that the recipe of the model's family says; None where there is no recipe."""
    compared = run.log.last(RecipeCompared)
    for value in compared.values if compared else ():
        if value.name == "lr":
            with contextlib.suppress(ValueError):
                return float(value.recipe)
    return None


def _handle(key: str) -> Handle:
    return next(handle for handle in HANDLES if handle.key == key)


def _usual(seen: Seen, acting: Mapping[str, str], advised: float | None) -> Iterator[Knob]:
    """The rate, and every regularizer that changes something in this script."""
    if seen.peaks:
        yield rate_around(max(seen.peaks), advised)
    for handle in HANDLES:
        if handle.usual is not None and not acting[handle.key]:
            yield handle.usual


def _own_or_ours(knob: Knob, options: Mapping[str, Option], seen: Seen) -> Knob:
    """What the user typed is the script's own option where it has one of that name, else ours."""
    declared = _declared(knob, seen)
    option = _option(knob, options)
    if declared is None and option is None and not knob.word.endswith("=") and handle_of(knob.key) is not None:
        return replace(knob, word="")
    is_int = declared.type == "int" if declared else option is not None and type(option.value) is int
    whole = is_int and not knob.choices and float(knob.low or 0).is_integer() and float(knob.high or 0).is_integer()
    return replace(knob, integer=knob.integer or whole)


def _declared(knob: Knob, seen: Seen) -> DeclaredOption | None:
    try:
        return find_option(seen.declared, knob.word)
    except UsageError:
        return None


def _option(knob: Knob, options: Mapping[str, Option]) -> Option | None:
    return options.get(knob.name) or options.get(knob.key)


def _check(knobs: tuple[Knob, ...], options: Mapping[str, Option], seen: Seen, acting: Mapping[str, str]) -> None:
    if not knobs:
        raise UsageError("nothing in this script can be moved: give a range for one of its own options")
    mistakes: list[str] = []
    for knob in knobs:
        if knob.is_own and not knob.word.endswith("="):
            mistakes += _mistakes_of_own(knob, options, seen)
        elif knob.is_ours:
            reason = mistake_of(knob) or (f"{knob.name}: {acting[knob.key]}" if acting[knob.key] else None)
            mistakes += [reason] if reason else []
    if any(k.key == "schedule" and k.is_ours for k in knobs) and seen.planned is None:
        mistakes.append("schedule: nothing in the script says how many steps it trains")
    raise_all(mistakes)


def _mistakes_of_own(knob: Knob, options: Mapping[str, Option], seen: Seen) -> Iterator[str]:
    declared = _declared(knob, seen)
    if declared is None and (seen.declared or options) and _option(knob, options) is None:
        yield _unknown(knob, options)
    if declared is None:
        return
    for value in knob.choices or (knob.low, knob.high):
        try:
            set_option((), declared, spelled(value) if value is not None else "", seen.declared)
        except UsageError as error:
            yield str(error)
            return


def _unknown(knob: Knob, options: Mapping[str, Option]) -> str:
    names = {*options, *(handle.key for handle in HANDLES)}
    near = get_close_matches(knob.key, sorted(names), n=1, cutoff=0.4)
    hint = f" (did you mean --{near[0].replace('_', '-')}?)" if near else ""
    return f"{knob.word} is no option of the script, and none of wellfit's{hint}"


def _present(knob: Knob, options: Mapping[str, Option], seen: Seen) -> Value | None:
    if knob.is_own:
        option = _option(knob, options)
        declared = _declared(knob, seen)
        if option is None and declared is not None:
            option = options.get(declared.name)
        value = option.value if option is not None else None
        return value if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None
    return seen.present.get(knob.key)


def _notices(knobs: tuple[Knob, ...], seen: Seen, stepped: list[RatesSeen]) -> Iterator[str]:
    if len(stepped) > 1 and any(knob.key == "lr" and knob.is_ours for knob in knobs):
        yield f"{len(stepped)} optimizers step; one multiplier moves all of their rates"
    if not any(knob.key == "lr" for knob in knobs) and seen.peaks:
        yield "the learning rate is not searched: regularizers and rate hang on each other; add --lr LOW..HIGH"
