"""A model that predicts the next value of a sequence sees that value.

## Why it hurts
It learns to copy. The loss falls below anything that is possible, and what the model writes by itself, where no next
value is there to be copied, is worthless.

## How it is seen
`--deep` trains the script in a copy of its folder. The targets of the last training step are the model's inputs one
position on, value by value. Asked once more in evaluation mode with the inputs at one late position changed, answers at
earlier positions move, which have to predict what lies between.

## What it cannot see
Sequences that are shifted otherwise, or whose targets leave out too much; targets that the model shifts itself; models
that are called with numbers made by other layers. Where the targets are not the next inputs, as for hidden words,
nothing is looked at.

## Fix
Give attention a causal mask; make recurrent layers run one way; pad convolutions on the left.

## Sources
Vaswani et al. 2017, "Attention Is All You Need", section 3.2.3. Karpathy 2019, "A Recipe for Training Neural Networks":
use backprop to chart dependencies.
"""

from wellfit.model.facts.deep import Causality
from wellfit.model.rule import Answers, Finding, Fix, rule


@rule("WF453", "sees-what-it-predicts", severity="error", since="0.1")
def sees_what_it_predicts(causality: Causality) -> Answers:
    """Judge answers before the value that was changed."""
    tried = causality.tried
    if tried.first is not None:
        yield Finding(
            where=tried.place,
            saw=f"the targets are the inputs one position on; with position {tried.changed} of {tried.length} changed,"
            f" the answers of {tried.root} at {tried.moved} earlier positions moved, from position {tried.first} on",
            why="what can see the value that it is to predict learns to copy it",
            fix=Fix("give attention a causal mask, and let recurrent layers run one way"),
            count=tried.moved,
        )
