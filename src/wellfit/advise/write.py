"""Puts together what is told of a run and its recipe."""

from collections.abc import Iterator, Sequence

from wellfit.advise.compare import compare
from wellfit.advise.length import Planned, plan_length, scheduled_every
from wellfit.advise.seen import Aside, Course, Training
from wellfit.advise.settings import shown_range
from wellfit.model.events.recipe import RecipeCompared, RunLength
from wellfit.model.wishes import Wishes
from wellfit.recipes.plan import Plan, plan_for
from wellfit.recipes.usual_rates import ATTENTIVE, usual_rate

FAR = 5
"""Times by which a rate misses the recipe's before it is said to be unusual: a short run may ask for such a one."""


def write(main: Training, aside: Sequence[Aside], course: Course, wishes: Wishes) -> RecipeCompared:
    """The event on the main training.

    Args:
        main: the one that the recipe is for.
        aside: the others.
        course: of the process.
        wishes: what goes before what was seen.
    """
    planned = plan_length(main, course, epochs=wishes.epochs)
    plan = plan_for(main.found, main.trained, planned.setting, family=wishes.family, optimizer=wishes.optimizer)
    return RecipeCompared(
        step=course.step,
        model=main.model,
        parameters=main.parameters,
        made_at=main.made_at,
        steps=len(main.backwards),
        title=plan.title,
        head=tuple(_head(plan, planned)),
        values=compare(plan, main, planned),
        notes=(
            *_notes(main, aside, wishes),
            *_on_rate(plan, main),
            *_on_code(plan, main, course),
            *_as_options(plan.notes()),
        ),
        code=plan.code(),
        length=_length(main, course, planned),
        share=len(main.backwards) / max(1, course.step),
    )


def _length(main: Training, course: Course, planned: Planned) -> RunLength:
    run = planned.setting
    every = scheduled_every(main, course)
    return RunLength(run.steps, run.epochs, run.batch_size, run.samples, planned.known, every)


def _head(plan: Plan, planned: Planned) -> Iterator[tuple[str, str]]:
    for name, text in plan.head:
        yield name, f"{text}; {planned.said_by}" if name == "run" else text


def _notes(main: Training, aside: Sequence[Aside], wishes: Wishes) -> Iterator[str]:
    models = {(each.model, each.parameters) for each in aside} - {(main.model, main.parameters)}
    others = max(main.others, len(models))
    if others:
        yield f"{others + 1} models are trained: this is the largest, {main.model} with {main.parameters:,} parameters."
        if wishes.family is None:
            yield "Two that play against each other are a GAN, which cannot be told from one of them: say --family gan."
    if aside:
        beside = ", ".join(each.optimizer for each in aside[:4])
        yield f"Other optimizers step, too ({beside}): this is {main.setup.kind}, which holds the most."


def _on_rate(plan: Plan, main: Training) -> Iterator[str]:
    """A rate that few would start from, and that is not the recipe's own either."""
    kind, rates = main.setup.kind, main.setup.rates
    usual = usual_rate(kind, plan.detection.family)
    if usual is None or not rates or any(map(usual.holds, rates)):
        return
    wanted = plan.value("lr")
    if max(rates) / wanted > FAR or wanted / max(rates) > FAR:
        whom = f"{kind} on transformers" if usual.families == ATTENTIVE else kind
        yield (
            f"The script's rate, {shown_range(rates, 'by group')}, is far from what is usual for {whom}:"
            f" {usual.low:g} to {usual.high:g}, most begin with {usual.start:g} ({usual.source})."
        )


def _on_code(plan: Plan, main: Training, course: Course) -> Iterator[str]:
    """Where the code cannot stand for what the script has."""
    if plan.recipe.lacks:
        yield f"The code does not run as it stands: {plan.recipe.lacks}."
    if course.data is None:
        yield "No DataLoader was iterated: `loader` in the code stands for what gives your batches."
    if main.loss is None or not main.loss.is_plain:
        seen = f"{main.loss.function} of shape {main.loss.shape}" if main.loss else "none of torch's functions"
        yield f"The script's loss is {seen}: keep its own line in place of `criterion(...)`."
    chance = plan.value("dropout")
    if chance is not None and any(p != chance for p in plan.dropped):
        yield f"The code leaves dropout alone: wellfit.set_dropout(model, {chance:g}) sets it."


def _as_options(notes: Sequence[str]) -> Iterator[str]:
    """What is an argument in Python is an option here."""
    return (note.replace("say family= ", "say --family ") for note in notes)
