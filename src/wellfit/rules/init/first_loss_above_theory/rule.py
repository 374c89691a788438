"""The first loss is far above what answers that know nothing would give.

## Why it hurts
Answers that favour nothing cost ln K. A network that starts far above it is certain, and wrong: its first hundreds of
steps shrink the last layer, and what saturates on the way may never wake up.

## How it is seen
`--deep` runs the script once more and reads the first loss before any step, as negative log-likelihood in nats, so that
sums, class weights and smoothing do not count. A linear layer made the scores, no weights were loaded, and the loss is
four times ln K (or ln 2) or more; from twice on it is a note.

## What it cannot see
Scores that are scaled on purpose, as cosines are for faces, are left alone, and so are models that were trained before.

## Fix
Keep torch's own start, or start the last layer near zero; bring the inputs to mean 0 and spread 1.

## Sources
Karpathy 2019, "A Recipe for Training Neural Networks": verify loss at init. Stanford CS231n, "Sanity checks".
"""

from wellfit.model.facts.deep import LossAtInit
from wellfit.model.rule import Answers, Finding, Fix, rule

NOTED = 2.0  # times ln K; torch's own start stays below 1.2, and large initial scores of healthy models below 2
TOO_HIGH = 4.0  # times ln K


@rule("WF551", "first-loss-above-theory", severity="warning", since="0.1")
def first_loss_above_theory(init: LossAtInit) -> Answers:
    """Judge the first loss."""
    first = init.first
    if first.uniform is None or first.loaded or first.made_by != "linear" or first.loss < NOTED * first.uniform:
        return
    classes = "" if first.classes is None else f" ({first.classes} classes)"
    yield Finding(
        where=first.place,
        saw=f"before the first step {first.answers} answers cost {first.loss:.3g} nats each; answers that favour"
        f" nothing cost {first.uniform:.3g}{classes}",
        why="the network starts certain and wrong, and spends its first steps on becoming less certain",
        fix=Fix("start the last layer near zero and scale the inputs to mean 0 and spread 1"),
        severity=None if first.loss >= TOO_HIGH * first.uniform else "note",
        first_step=0,
    )
