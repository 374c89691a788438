"""A dropout goes on dropping while the model is evaluated.

## Why it hurts
`F.dropout(x, p)` is on by default: unlike `nn.Dropout` it does not follow `eval()`. Every score is then lower than the
model's, and another one each time; the same holds for `dropout_p` of `scaled_dot_product_attention`.

## How it is seen
Once a run the model is called beside the training in evaluation mode: the dropout calls that drop there are noted
with their lines. Two such calls on one input, with other random numbers, give different outputs.

## What it cannot see
A program that never evaluates in evaluation mode. Monte-Carlo dropout is told by its repetition: one input evaluated
several times in a row, or one sample many times in a batch; that stays silent.

## Fix
Hand the mode on: `F.dropout(x, p, training=self.training)`, or use the module `nn.Dropout`.

## Sources
PyTorch documentation, `torch.nn.functional.dropout`: `training` is True by default.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.side_run import Evaluated, LiveDropout, SideRan
from wellfit.model.facts.side_run import EvaluationNoise
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule


@rule("WF702", "dropout-alive-in-eval", severity="error", since="0.1")
def dropout_alive_in_eval(noise: EvaluationNoise) -> Answers:
    """Judge each model that was run beside the training and is evaluated."""
    if not noise.runs:
        yield Unseen("no model was called in training mode in the second and third iteration")
    for run in noise.runs:
        if run.differs:
            yield from _judge(run, next((e for e in noise.evaluations if e.root == run.root), None))
        elif run.refused:
            yield Unseen(f"{run.root} was not run beside the training: {run.refused}")


def _judge(run: SideRan, evaluated: Evaluated | None) -> Answers:
    if evaluated is None:
        yield Unseen(f"{run.root} drops values in evaluation mode, but was never evaluated in that mode")
    elif evaluated.repeated:
        yield Unseen(f"{run.root} drops values in evaluation mode, and is asked for the same samples again and again")
    else:
        for dropout in run.dropouts:
            yield _find(run, evaluated, dropout)


def _find(run: SideRan, evaluated: Evaluated, dropout: LiveDropout) -> Finding:
    attention = dropout.operation == "scaled_dot_product_attention"
    cure = f"dropout_p={dropout.rate:g} if self.training else 0.0" if attention else "training=self.training"
    return Finding(
        where=dropout.place,
        saw=f"{dropout.operation} drops {dropout.rate:.0%} of its values in evaluation mode, and two runs on one input"
        f" differ; {run.root} was evaluated {evaluated.forwards} times",
        why="every score is lower than the model's own, and another one each time",
        fix=Fix(f"hand the mode on: `{cure}`", details={"operation": dropout.operation}),
        count=evaluated.forwards,
        first_step=run.step,
        cure=None if dropout.place is None else Cure("score_without_dropout", dropout.place),
    )
