"""Events about the training loop: the order of forward, backward, clearing and step; modes; evaluations."""

from dataclasses import dataclass
from typing import Literal

from wellfit.model.place import Place

Gradients = Literal["none", "zero", "unchanged", "fresh"]


@dataclass(frozen=True, slots=True)
class CycleSeen:
    """One cycle of one optimizer, from the end of a step to the end of its next, in sampled iterations.

    Args:
        step: optimizer steps of the whole process before this cycle's own step ended.
        optimizer: its number, in order of first appearance.
        kind: the optimizer's class name.
        complete: the cycle was watched from its very start, so `kept` is known.
        backwards: backward passes in the cycle, whatever they reached.
        reached: of these, seen to reach the optimizer's parameters.
        forwards: forward passes with gradients of modules that hold its parameters.
        forwards_before: of these, before the last backward pass that reached them.
        kept: the first of these passes found the gradients of the step before in place and untouched, and
            nothing cleared them until the step.
        kept_peak: largest absolute value that was found there.
        cleared: gradients that a backward pass had just written were cleared before the step.
        forwards_since_cleared: forward passes between that clearing and the step.
        gradients: what the step found: no gradient, only zeros, those of the step before, or new ones.
        moved: the step changed parameters.
        shared: another optimizer stepped on the same parameters within the cycle.
        closure: backward ran inside the step.
    """

    step: int
    optimizer: int
    kind: str
    complete: bool
    backwards: int
    reached: int
    forwards: int
    forwards_before: int
    kept: bool
    kept_peak: float
    cleared: bool
    forwards_since_cleared: int
    gradients: Gradients
    moved: bool
    shared: bool
    closure: bool
    backward_at: Place | None
    cleared_at: Place | None
    step_at: Place | None


@dataclass(frozen=True, slots=True)
class TrainingModeSeen:
    """A root module was trained in one sampled iteration: forward, backward through it, a step on its parameters.

    Args:
        root: number of the module, in order of first call.
        kind: its class name.
        training: its mode, the same in all of the iteration's forward passes with gradients.
        layers: class names of its layers that act differently in the two modes, with how many there are; those
            of a module in evaluation mode are all in evaluation mode.
        trained_before: it was called in training mode with gradients earlier in the run.
        evaluated: an evaluation ran since it was last called in training mode.
        forward_at: the line that called it.
        mode_at: the line that last called `eval` or `train` on it, or on a module above or below.
    """

    step: int
    root: int
    kind: str
    training: bool
    layers: dict[str, int]
    trained_before: bool
    evaluated: bool
    forward_at: Place | None
    mode_at: Place | None
