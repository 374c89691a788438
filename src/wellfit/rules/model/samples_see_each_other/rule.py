"""In evaluation mode, a sample's answer depends on the other samples of its batch.

## Why it hurts
A score then depends on how the data was cut into batches, and a single sample cannot be asked at all. Where it is not
meant, answers are made of other samples' values.

## How it is seen
`--deep` trains the script in a copy of its folder and then asks the model, in evaluation mode, with a real batch in
which one sample is replaced by another, three times over: the answers of samples that were left alone move by more
than rounding. It is a note: attention between samples, graphs, and normalization by the batch do this on purpose.

## What it cannot see
Models without one target a sample; what happens in training mode, where batch normalization mixes all samples.

## Fix
Reduce along features, not along samples; give batch normalization its running statistics.

## Sources
Karpathy 2019, "A Recipe for Training Neural Networks": use backprop to chart dependencies.
"""

from wellfit.model.facts.deep import BatchSizes
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule


@rule("WF452", "samples-see-each-other", severity="note", since="0.1")
def samples_see_each_other(sizes: BatchSizes) -> Answers:
    """Judge the answers beside a sample that was replaced."""
    tried = sizes.tried
    if not tried.replaced:
        yield Unseen("all samples of the batch are alike, so that replacing one changes nothing")
    elif tried.moved:
        yield Finding(
            where=tried.place,
            saw=f"{tried.root} in evaluation mode: replacing one sample of {tried.rows} moved the answers of"
            f" {tried.moved} others ({tried.replaced} samples tried)",
            why="a score then depends on how the data is cut into batches",
            fix=Fix("reduce along the features of a sample, unless samples are meant to look at each other"),
            count=tried.replaced,
        )
