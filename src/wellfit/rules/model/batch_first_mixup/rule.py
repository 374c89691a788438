"""A recurrent or attention layer reads the samples of the batch as the steps of one sequence.

## Why it hurts
`nn.LSTM`, `nn.GRU`, `nn.MultiheadAttention` and `nn.Transformer*` expect (time, batch, features) unless they are made
with `batch_first=True`. Given (batch, time, features) they carry state, or attend, from one sample to the next, and
never along the sequence.

## How it is seen
Once a run the model is called beside the training, in evaluation mode, on a real batch and on the same batch with
sample 0 replaced. Other rows of the output move, and the first operation that mixed them is such a layer, whose time
dimension is the one in which the samples lie.

## What it cannot see
A model that prints, counts or stores in its forward (it is not called a second time), and a batch as long as the
sequence: there the two dimensions cannot be told apart.

## Fix
Make the layer with `batch_first=True`, or hand it `x.transpose(0, 1)`.

## Sources
PyTorch documentation, `torch.nn.LSTM` and `torch.nn.MultiheadAttention`, argument `batch_first`.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.side_run import MixingOperation, SideRan
from wellfit.model.facts.side_run import SampleMixing
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

LAYERS = {
    "lstm": "LSTM",
    "gru": "GRU",
    "rnn_tanh": "RNN",
    "rnn_relu": "RNN",
    "multi_head_attention_forward": "MultiheadAttention",
}


@rule("WF405", "batch-first-mixup", severity="error", since="0.1")
def batch_first_mixup(mixing: SampleMixing) -> Answers:
    """Judge each model that was run beside the training."""
    if mixing.refused:
        yield Unseen(mixing.refused)
    for run in mixing.runs:
        if run.mixing is not None and run.mixing.operation in LAYERS:
            yield _find(run, run.mixing, LAYERS[run.mixing.operation])


def _find(run: SideRan, mixed: MixingOperation, layer: str) -> Finding:
    cure = "make it with batch_first=True" if mixed.batch_dim == 0 else "make it without batch_first"
    return Finding(
        where=mixed.place,
        saw=f"with sample 0 replaced, {run.moved} other of {run.rows} rows of {run.root}'s output move; {layer} is"
        f" given {mixed.given} and reads dimension {mixed.batch_dim}, where the samples lie, as time",
        why="it goes from sample to sample instead of along the sequence",
        fix=Fix(
            f"{cure}, or swap the first two dimensions of what it is given",
            details={"layer": layer, "batch_first": mixed.batch_dim == 0},
        ),
        first_step=run.step,
        cure=None if mixed.place is None else Cure("swap_batch_first", mixed.place),
    )
