"""Two runs under equal seeds differ.

## Why it hurts
Where a seed does not fix a run, a change for the better and a lucky run look alike: no two settings can be compared,
no result can be had again, and no bug can be followed.

## How it is seen
`--deep` runs the script twice in a copy of its folder, with the global generators of torch, Python and numpy seeded
alike before its first line. In every step the weights, the inputs, the targets, the states of the generators and the
loss are compared to the last bit; the first of them that differs says what to look for. A line that seeds with another
number in the second run, or from the operating system's entropy, is the one to change.

## What it cannot see
What a script leaves unseeded counts as seeded here, and so does the order of Python's sets, which is the same in both
runs: a silent verdict says that a seed suffices, not that one is set. Differences that come later than the first few
hundred steps. A difference in rounding alone, as of a GPU's atomic additions, is a note.

## Fix
Seed from a fixed number, hand generators of your own a seed, and sort what comes without an order.

## Sources
PyTorch documentation, "Reproducibility". Henderson et al. 2018, "Deep Reinforcement Learning that Matters", on what
seeds alone do to results.
"""

from wellfit.model.events.deep import RunsCompared, SeedSet, Source
from wellfit.model.facts.deep import Repetition
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, rule

SAME_SAMPLES = 0.05  # share of the samples that both runs saw: two epochs of one data set share most, two streams none

ROUNDING: frozenset[Source] = frozenset({"loss", "update"})
"""What differs although all ingredients are equal: kernels add in another order."""

WHAT: dict[Source, str] = {
    "start": "the weights before the first step",
    "inputs": "what the model was given",
    "targets": "what the loss was given as targets",
    "generators": "the states of the random generators",
    "loss": "the loss, of equal weights, inputs and random numbers",
    "update": "the weights after a step, of equal losses",
    "steps": "how many steps there were",
}


@rule("WF901", "same-seed-different-run", severity="warning", since="0.1")
def same_seed_different_run(repetition: Repetition) -> Answers:
    """Judge the first difference between the two runs."""
    seen = repetition.compared
    if seen.first is None:
        return
    guilty = seen.seeds[0] if seen.seeds and seen.first not in ROUNDING else None
    yield Finding(
        where=seen.place if guilty is None else guilty[0].place,
        saw=_saw(seen, guilty),
        why="a run that its seed does not fix cannot be compared with another, and its result cannot be had again",
        fix=Fix(_fix(seen, guilty)),
        related=() if guilty is None or seen.place is None else (Related(seen.place, "here the runs first differ"),),
        severity="note" if seen.first in ROUNDING else None,
        first_step=seen.step,
    )


def _saw(seen: RunsCompared, guilty: tuple[SeedSet, SeedSet] | None) -> str:
    at = "" if seen.step is None else f" at step {seen.step}"
    text = f"of two runs under equal seeds, {WHAT[seen.first or 'steps']} differed first{at}"
    if seen.first == "inputs" and seen.shared_rows is not None:
        same = seen.shared_rows >= SAME_SAMPLES
        text += f" ({seen.shared_rows:.0%} of the samples came in both: {'another order' if same else 'other samples'})"
    if guilty is None:
        return text
    one, other = guilty
    if one.value is None:
        return f"{text}; {one.function} takes its seed from the operating system"
    return f"{text}; {one.function} got the seed {one.value}, and then {other.value}"


def _fix(seen: RunsCompared, guilty: tuple[SeedSet, SeedSet] | None) -> str:
    if guilty is not None:
        return "seed with a fixed number"
    if seen.first in ROUNDING:
        return "call torch.use_deterministic_algorithms(True) where runs must be equal to the bit"
    return "give every generator of the program's own a fixed seed, and sort what comes without an order"
