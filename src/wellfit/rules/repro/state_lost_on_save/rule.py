"""Something that training changes is not saved with the model.

## Why it hurts
A model that is saved, rebuilt and loaded answers otherwise than the one that was scored, and a training that is
resumed goes elsewhere. Nothing raises.

## How it is seen
`--deep` trains the script in a copy of its folder. What the model's parts hold besides parameters and registered
buffers is remembered at the first training call and looked at after the last step: a tensor that changed, that has no
place for each sample of a batch, and without which the model answers otherwise. The weights go through `torch.save`
and `torch.load` into a copy that was wiped, strictly, and the optimizer's state into a copy that was emptied: the
answers and the next step must be the same to the last bit. A plain number that changed and matters is a note. Each
learning-rate scheduler is made anew as it was before the first step and loads what was saved; its next hundred rates
must be those of a copy that goes on.

## What it cannot see
What lies outside the models that are called, or in the data's order; optimizers that take a closure; schedules that
read variables of the program, that step others, or that are no subclass of torch's; whether the script saves at all.

## Fix
Register the tensor: `self.register_buffer(name, tensor)`, and change it in place or assign to it as before.

## Sources
PyTorch documentation, "Saving and Loading Models" and `torch.nn.Module.register_buffer`.
"""

from collections.abc import Iterator

from wellfit.model.events.deep import ResumptionTried, ScheduleTried
from wellfit.model.facts.deep import Resumption
from wellfit.model.rule import Answers, Finding, Fix, rule


@rule("WF902", "state-lost-on-save", severity="warning", since="0.1")
def state_lost_on_save(resumption: Resumption) -> Answers:
    """Judge what does not come back."""
    tried = resumption.tried
    for lost in tried.lost:
        if lost.matters:
            yield Finding(
                where=lost.place or tried.place,
                saw=f"{lost.name} of {tried.root}, a {lost.kind}, changed in training and is not in its state_dict;"
                " with the value that it began with, the model answers otherwise",
                why="a saved model that is loaded again is another model",
                fix=Fix(f'register it: self.register_buffer("{lost.name.rpartition(".")[2]}", ...)'),
                severity="note" if lost.kind == "number" else None,
            )
    yield from _not_the_same(tried)
    yield from map(_schedule, (s for s in tried.schedules if s.went_on != s.loaded))


def _not_the_same(tried: ResumptionTried) -> Iterator[Finding]:
    if tried.load_error is not None:
        yield _found(tried, f"loading the state_dict of {tried.root} into a copy raised {tried.load_error}", "model")
    elif tried.same_answers is False:
        yield _found(tried, f"a copy of {tried.root} that loaded its state_dict answers otherwise", "model")
    if tried.same_step is False:
        names = f" ({', '.join(tried.optimizer_lost)} changed and is not saved)" if tried.optimizer_lost else ""
        yield _found(tried, f"{tried.optimizer}, saved and loaded, makes another next step{names}", "optimizer")


def _found(tried: ResumptionTried, saw: str, owner: str) -> Finding:
    return Finding(
        where=tried.place,
        saw=saw,
        why="what is resumed goes elsewhere than what went on",
        fix=Fix(f"put everything that training changes into the {owner}'s state_dict"),
    )


def _schedule(seen: ScheduleTried) -> Finding:
    names = f" ({', '.join(seen.lost)} changed, and does not come back)" if seen.lost else ""
    one, other = next((a, b) for a, b in zip(seen.went_on, seen.loaded, strict=True) if a != b)
    return Finding(
        where=seen.place,
        saw=f"{seen.kind}, saved and loaded, sets a rate of {other:.4g} where one that goes on sets {one:.4g}{names}",
        why="a training that is resumed follows another schedule",
        fix=Fix("put everything that changes the rates into the scheduler's state_dict"),
    )
