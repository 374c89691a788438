"""A view regroups values of different samples into one row.

## Why it hurts
`view` and `reshape` keep the order in memory. Where the samples do not lie in the first dimension, a view to one row a
sample cuts across them: each row holds pieces of several samples, and its target belongs to one.

## How it is seen
Once a run the model is called beside the training, in evaluation mode, on a real batch and on the same batch with
sample 0 replaced. Other rows of the output move, and the first operation that was given samples apart and mixed
them is a view whose samples lie in another dimension than the first.

## What it cannot see
A model that prints, counts or stores in its forward (it is not called a second time), one that is compiled or spread
over processes, and a batch as long as another dimension: there the samples' dimension is not certain.

## Fix
Move the samples to the front before the view: `x.transpose(0, 1).reshape(len(batch), -1)`.

## Sources
PyTorch documentation, `torch.Tensor.view`: the returned tensor shares the same data, in the same order.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.side_run import MixingOperation, SideRan
from wellfit.model.facts.side_run import SampleMixing
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

VIEWS = ("view", "reshape", "flatten", "unflatten", "_unsafe_view")


@rule("WF403", "view-instead-of-permute", severity="error", since="0.1")
def view_instead_of_permute(mixing: SampleMixing) -> Answers:
    """Judge each model that was run beside the training."""
    if mixing.refused:
        yield Unseen(mixing.refused)
    for run in mixing.runs:
        if run.mixing is not None and run.mixing.operation in VIEWS:
            yield _find(run, run.mixing)


def _find(run: SideRan, mixed: MixingOperation) -> Finding:
    return Finding(
        where=mixed.place,
        saw=f"with sample 0 replaced, {run.moved} other of {run.rows} rows of {run.root}'s output move;"
        f" {mixed.operation} turns {mixed.given}, samples in dimension {mixed.batch_dim}, into {mixed.made}",
        why="each row then holds pieces of several samples, and its target belongs to one",
        fix=Fix(
            f"move the samples to the front before {mixed.operation}: `transpose(0, {mixed.batch_dim})`",
            details={"operation": mixed.operation, "batch_dim": mixed.batch_dim, "rows": run.rows, "made": mixed.made},
        ),
        first_step=run.step,
        cure=_cure(mixed),
    )


def _cure(mixed: MixingOperation) -> Cure | None:
    if mixed.place is None:
        return None
    return Cure("move_samples_to_front", mixed.place, {"batch_dim": mixed.batch_dim})
