"""A setting that a search found as edits of the program, and what has to be written by hand."""

import ast
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wellfit.fix.draft import RefusedError
from wellfit.fix.patch import Patch
from wellfit.fix.program import Program, Project
from wellfit.fix.settings.augment import augment_edit
from wellfit.fix.settings.clip import clip_edit
from wellfit.fix.settings.decay import decay_edit
from wellfit.fix.settings.dropout import dropout_edit
from wellfit.fix.settings.literals import spelled
from wellfit.fix.settings.options import default_change, option_typed, refuse_given
from wellfit.fix.settings.rate import rate_edit
from wellfit.fix.settings.schedule import needs_rate, schedule_edit, under_new_schedule
from wellfit.fix.settings.smoothing import smoothing_edit
from wellfit.fix.settings.values import Files
from wellfit.model.change import Change, apply_changes, overlap
from wellfit.model.knob import Knob, Value
from wellfit.model.place import Place
from wellfit.model.source import Sources
from wellfit.model.study import StudyPlan


@dataclass(frozen=True, slots=True)
class ByHand:
    """One hyperparameter that is not written.

    Args:
        name: of it.
        reason: why, in words that follow on a colon.
        instead: what to write by hand.
    """

    name: str
    reason: str
    instead: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A setting in the program.

    Args:
        patch: of the files that change.
        written: names of the hyperparameters that it sets.
        by_hand: the others.
    """

    patch: Patch
    written: tuple[str, ...]
    by_hand: tuple[ByHand, ...]


def settle(plan: StudyPlan, values: Mapping[str, Value], sources: Sources) -> Settled:
    """Write a setting into the program.

    Args:
        plan: of the search, with where its optimizers are made.
        values: of the hyperparameters, by key.
        sources: the program's own files.
    """
    files = _files(plan, sources)
    kept: dict[str, list[Change]] = {}
    written: list[str] = []
    by_hand: list[ByHand] = []
    for knob in sorted(plan.knobs, key=lambda knob: knob.key != "schedule"):
        if knob.key not in values or _is_present(plan, knob, values[knob.key]):
            continue
        try:
            changes = _changes(plan, knob, values, files)
            _keep(kept, changes, sources)
            written += [knob.name] if changes else []
        except RefusedError as refused:
            by_hand.append(ByHand(knob.name, str(refused), _instead(plan, knob, values)))
    texts = {file: "".join(sources.files[file]) for file in sorted(kept)}
    changed = {file: (text, apply_changes(text, kept[file])) for file, text in texts.items()}
    patch = Patch((), {file: pair for file, pair in changed.items() if pair[0] != pair[1]})
    names = [knob.name for knob in plan.knobs]
    return Settled(patch, tuple(sorted(written, key=names.index)), tuple(by_hand))


def _files(plan: StudyPlan, sources: Sources) -> Files:
    project = Project(sources)
    programs: list[Program] = []
    for file in sources.files:
        try:
            programs.append(project.program(Place(file, 1, "<module>")))
        except RefusedError:  # a file that cannot be parsed defines nothing that is found
            continue
    return Files(project, tuple(programs), plan.words)


def _is_present(plan: StudyPlan, knob: Knob, value: Value) -> bool:
    known = plan.seen.present.get(knob.key)
    return known is not None and spelled(known) == spelled(value)


def _keep(kept: dict[str, list[Change]], changes: Sequence[Change], sources: Sources) -> None:
    """Add changes to those that are kept.

    Raises:
        RefusedError: they clash with another hyperparameter's, or leave no Python behind.
    """
    new = [change for change in changes if change not in kept.get(change.file, ())]
    if any(overlap(change, other) for change in new for other in kept.get(change.file, ())):
        raise RefusedError("another hyperparameter is written at the same place")
    for file in {change.file for change in new}:
        together = [*kept.get(file, ()), *(change for change in new if change.file == file)]
        try:
            ast.parse(apply_changes("".join(sources.files[file]), together))
        except (SyntaxError, ValueError, RecursionError):
            raise RefusedError("the program would not be Python any more") from None
    for change in new:
        kept.setdefault(change.file, []).append(change)


def _changes(plan: StudyPlan, knob: Knob, values: Mapping[str, Value], files: Files) -> tuple[Change, ...]:
    value = values[knob.key]
    if knob.word.endswith("="):
        raise RefusedError("it is set in the script's configuration, which is not edited")
    if knob.is_own:
        option = option_typed(files.programs, (knob.word, *_synonyms(plan, knob)))
        refuse_given(option, plan.words)
        return (default_change(option, value),)
    write = _WRITERS.get(knob.key)
    if write is None:
        raise RefusedError("there is no line of the script that it could be written into")
    if not plan.seen.rates and knob.key in _OF_OPTIMIZERS:
        raise RefusedError("the study does not say where the optimizers are made")
    return write(files, plan, value, values)


def _synonyms(plan: StudyPlan, knob: Knob) -> Iterator[str]:
    """What else the option is given by, as the script's parser has told."""
    for declared in plan.seen.declared:
        if knob.word in declared.given_by or declared.name.replace("_", "-") == knob.name.replace("_", "-"):
            yield from declared.given_by


Writer = Callable[[Files, StudyPlan, Value, Mapping[str, Value]], tuple[Change, ...]]

_OF_OPTIMIZERS = frozenset({"lr", "weight_decay", "timescale", "clip", "schedule"})

_WRITERS: Mapping[str, Writer] = {
    "lr": lambda files, plan, _, values: _rate(files, plan, values),
    "weight_decay": lambda files, plan, value, _: decay_edit(files, plan.seen.rates, float(value)),
    "timescale": lambda files, plan, value, values: decay_edit(
        files, plan.seen.rates, _decay(plan, float(value), values)
    ),
    "dropout": lambda files, _plan, value, _: dropout_edit(files, float(value)),
    "label_smoothing": lambda files, plan, value, _: smoothing_edit(files, plan.seen.losses, float(value)),
    "augment": lambda files, plan, value, _: augment_edit(
        files, plan.seen.images, float(value), elsewhere=plan.seen.images_elsewhere
    ),
    "clip": lambda files, plan, value, _: clip_edit(files, plan.seen.rates, float(value)),
    "schedule": lambda files, plan, _, values: _schedule(files, plan, values),
}


def _rate(files: Files, plan: StudyPlan, values: Mapping[str, Value]) -> tuple[Change, ...]:
    """The rate, of the optimizer itself where its schedule makes room for another."""
    rates, peak = plan.seen.rates, float(values["lr"])
    is_new = any(knob.key == "schedule" and knob.is_ours and knob.key in values for knob in plan.knobs)
    if len(rates) == 1 and rates[0].scheduler and is_new:
        with contextlib.suppress(RefusedError):  # the schedule stays, and the rate is written for that
            return _schedule(files, plan, values) and _made_rate(files, plan, values)
    return rate_edit(files, rates, peak)


def _made_rate(files: Files, plan: StudyPlan, values: Mapping[str, Value]) -> tuple[Change, ...]:
    is_moved = any(knob.key == "lr" and knob.is_ours for knob in plan.knobs)
    peak = max(plan.seen.rates[0].peaks)
    seen, rate = under_new_schedule(plan.seen.rates[0], float(values["lr"]) / peak if is_moved else 1.0)
    return rate_edit(files, (seen,), rate)


def _schedule(files: Files, plan: StudyPlan, values: Mapping[str, Value]) -> tuple[Change, ...]:
    changes = schedule_edit(files, plan.seen.rates, str(values["schedule"]), plan.seen.planned)
    if not changes or not needs_rate(plan.seen.rates[0]):
        return changes
    if any(knob.key == "lr" and not knob.is_ours for knob in plan.knobs):
        raise RefusedError("the script's own --lr is the peak of a schedule, and the optimizer has another rate")
    return (*changes, *_made_rate(files, plan, values))


def _decay(plan: StudyPlan, timescale: float, values: Mapping[str, Value]) -> float:
    """The weight decay that forgets a weight over so many epochs, at the rate of the setting."""
    rate = float(values.get("lr", max(plan.seen.peaks)))
    return 1 / (timescale * (plan.seen.epoch_steps or 1) * rate)


def _instead(plan: StudyPlan, knob: Knob, values: Mapping[str, Value]) -> str:
    """What to write by hand."""
    value = values[knob.key]
    text = spelled(value)
    typed = value if isinstance(value, str) else text
    if knob.word.endswith("="):
        return f"{knob.word}{typed} in the script's configuration, or on its command line"
    if knob.is_own:
        return f"{knob.word} {typed} on the script's command line"
    made = plan.seen.rates[0].made_at if plan.seen.rates else None
    where = f"where the optimizer is made{f', {Path(made.file).name}:{made.line}' if made else ''}"
    number = 0.0 if isinstance(value, str) else float(value)
    return {
        "lr": f"lr={text} {where}",
        "weight_decay": f"weight_decay={text} {where}",
        "timescale": f"weight_decay={spelled(_decay(plan, number, values)) if number else text} {where}",
        "dropout": f"wellfit.set_dropout(model, {text}) behind the line that makes the model",
        "label_smoothing": f"label_smoothing={text} in the cross entropy that is trained on",
        "augment": f"model(wellfit.vision.shift_and_noise(images, {text}, training=model.training)) where the model is"
        " called to be trained",
        "clip": f"torch.nn.utils.clip_grad_norm_(model.parameters(), {text}) before each optimizer.step()",
        "schedule": f"scheduler = wellfit.schedule(optimizer, {text}, {plan.seen.planned or 'steps'}"
        f"{'' if value == 'constant' else ', min_ratio=0.0'}) behind the optimizer, and scheduler.step() behind each"
        " optimizer.step()",
    }.get(knob.key, f"{knob.name} {text}")
