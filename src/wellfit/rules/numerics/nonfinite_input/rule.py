"""The data holds values that are not finite, and they reach the loss.

## Why it hurts
One NaN in a batch makes the loss NaN; backward then writes NaN into every parameter that it reaches, and no later
step can repair them.

## How it is seen
When backward first runs on a loss that is not finite, the tensors that the model was given in this iteration are
read, and the graph is searched from the loss down to the first value that is not finite: data brought it in.

## What it cannot see
Bad values that never reach the loss: a program that masks them is in order. A loss that is never given to backward.

## Fix
Find the named columns or rows in the data; drop these rows, or fill the gaps with a value learned from the training
part, before the tensors are made.

## Sources
IEEE 754: arithmetic with NaN yields NaN. PyTorch documentation, `torch.nan_to_num`.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.numerics import LossBecameNonfinite, NonfiniteInput
from wellfit.model.facts.numerics import NonfiniteStart
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_LOSSES = 3  # losses; a program may throw away single bad batches on purpose


@rule("WF801", "nonfinite-input", severity="error", since="0.1")
def nonfinite_input(start: NonfiniteStart) -> Answers:
    """Judge the first loss that is not finite."""
    if start.loss is None or start.cause != "input":
        return
    if start.losses < MIN_LOSSES and not start.latest:
        yield Unseen(f"{start.losses} of {start.backwards} losses were not finite, and the program went on from them")
        return
    yield _find(start, start.loss)


def _find(start: NonfiniteStart, loss: LossBecameNonfinite) -> Finding:
    entry = loss.forward if loss.inputs else None
    at = loss.origin.place if loss.origin is not None else None
    where = entry or start.line("loss") or at or loss.place
    if loss.inputs:
        seen = "; ".join(_describe(i) for i in loss.inputs[:3])
    else:
        operation = loss.origin.operation if loss.origin is not None else "an operation"
        seen = f"a tensor without gradients that {operation} was given (target, weight or mask) is not finite"
    return Finding(
        where=where,
        saw=f"{seen}; the loss of step {loss.step} is {loss.value}",
        why="one such value makes the loss, and after one step every parameter, NaN",
        fix=Fix("drop or fill these values before the tensors are made"),
        count=start.losses,
        first_step=loss.step,
        cure=None if entry is None else Cure("fill_inputs", entry),
    )


def _describe(given: NonfiniteInput) -> str:
    what = " and ".join(f"{n} {word}" for n, word in ((given.nan, "NaN"), (given.infinite, "infinite")) if n)
    columns = f", column {', '.join(map(str, given.columns))}" if given.columns else ""
    return f"{given.name} holds {what} values in {given.bad_rows} of {given.rows} rows{columns}"
