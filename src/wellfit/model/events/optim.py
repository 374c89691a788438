"""Events about optimizers: what they hold, how they are set, how far they move, and their schedules."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """One parameter group as it stands.

    Args:
        rate: its learning rate; None where the group has none or torch keeps it in a tensor.
        weight_decay: None where the optimizer has no such setting.
        decoupled: the decay shrinks the weights directly, in place of joining the gradient.
        scale: its `lr_scale`, which timm's layer-wise decay writes; None where it has none.
    """

    rate: float | None
    weight_decay: float | None
    decoupled: bool
    parameters: int
    elements: int
    scale: float | None = None


@dataclass(frozen=True, slots=True)
class OptimizerSeen:
    """An optimizer that has stepped, in a sampled iteration or at the end; the last one of each counts.

    Args:
        optimizer: number in order of first appearance.
        rescales: its step divides the gradient by a running size of it, as torch's own Adam does.
        made_at: the user's line that constructed it.
        stepped_at: the user's line that steps it.
        zero_rate_steps: of its steps, those in which the rate of every group was exactly 0.
        of_torch: its step is one of torch's own, which reads nothing of a group but what torch documents.
    """

    step: int
    optimizer: int
    kind: str
    rescales: bool
    made_at: Place | None
    stepped_at: Place | None
    steps: int
    zero_rate_steps: int
    groups: tuple[ParameterGroup, ...]
    of_torch: bool = False


@dataclass(frozen=True, slots=True)
class HeldParameters:
    """What one optimizer holds, and what of it is idle.

    Args:
        looks: sampled iterations in which the optimizer stepped.
        idle: never had a gradient, was never reached by a loss, and was never written.
        frozen: of the idle ones, those that do not require a gradient.
        stale: of the idle ones, those in no module that the loop still calls.
        names: of some idle ones, as far as they have names.
    """

    optimizer: int
    kind: str
    made_at: Place | None
    stepped_at: Place | None
    looks: int
    parameters: int
    elements: int
    idle: int
    idle_elements: int
    frozen: int
    stale: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModuleParameters:
    """What of one module that the loop calls takes part in training.

    Args:
        module: number in order of first call.
        parameters: those that require a gradient.
        held: of these, in any optimizer so far.
        missing: reached by the loss again and again, in no optimizer so far, and never written by hand.
        reached: in how many sampled iterations each missing one was reached, at the least.
        holders: optimizers that hold some of the module's parameters.
        loaded: some missing ones were filled from a checkpoint.
    """

    module: int
    kind: str
    parameters: int
    elements: int
    held: int
    missing: int
    missing_elements: int
    reached: int
    names: tuple[str, ...]
    holders: tuple[int, ...]
    loaded: bool


@dataclass(frozen=True, slots=True)
class ParametersCovered:
    """Parameters that losses reached against those that optimizers hold, as far as seen.

    The last one that tells of an optimizer or of a module counts.

    Args:
        backwards: sampled backward passes through a graph with at least one leaf.
    """

    step: int
    backwards: int
    optimizers: tuple[HeldParameters, ...]
    modules: tuple[ModuleParameters, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """How far an optimizer moved its weights in one sampled step; norms over the same (sampled) elements.

    Args:
        number: how many times it had stepped before.
        weight: norm of the weights before the step.
        update: norm of their change.
        after: norm of the weights after the step.
        gradient: norm of the gradients, without any decay.
        penalty: norm of what weight decay adds to the gradients, where it does.
    """

    step: int
    optimizer: int
    number: int
    weight: float
    update: float
    after: float
    gradient: float
    penalty: float


@dataclass(frozen=True, slots=True)
class ScheduleSays:
    """What a scheduler was told when it was made.

    Args:
        title: its class and the argument that says how long it is.
        length: calls of `step()` until its decay ends; None where it declares none.
        argument: the argument that says so.
        milestones: calls at which it drops, ascending; of a regular one the first.
        peak: the rate asked for as the highest, where it has a warmup towards one.
        cyclic: it says that the rate comes back up.
        chained: its members multiply each other's rates.
        library: its function is that of transformers.
        cosine: its rate is a cosine that climbs back past the end.
        turn: calls until a cyclic one first turns round.
    """

    title: str = ""
    length: int | None = None
    argument: str = ""
    milestones: tuple[int, ...] = ()
    peak: float | None = None
    cyclic: bool = False
    chained: bool = False
    library: bool = False
    cosine: bool = False
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class RatesRun:
    """What a rate did at the optimizer's steps under one scheduler, all of them.

    Args:
        highest: of them all; `highest_at` is the first step that had it, counted from 0.
        lowest: since then.
        zeros_at_first: steps at a rate of exactly 0 before the first other one.
        zeros_at_last: the same after the last other one.
        small_at_last: steps under a hundredth of the highest rate after the last that was not.
    """

    highest: float = 0.0
    highest_at: int = 0
    lowest: float = 0.0
    zeros_at_first: int = 0
    zeros_at_last: int = 0
    small_at_last: int = 0


@dataclass(frozen=True, slots=True)
class ScheduleSeen:
    """A learning-rate scheduler, in a sampled iteration or at the end; the last one of each counts.

    Args:
        schedule: number in order of construction.
        optimizer: number of the optimizer whose rate it sets.
        kind: the class of torch that it is or derives from.
        advanced: how many times it was stepped, by its own counter.
        lengths: the settings that count its steps, by name: T_max, total_steps, step_size, milestones ...
        start_rate: at the optimizer's first step under it, of the first group that was not made with a rate of 0.
        optimizer_steps: steps of its optimizer from its making to this reading.
        all_steps: the same to the latest step; more than `optimizer_steps` where the scheduler was gone by then.
        low_steps: steps at a hundredth of the start rate or less.
        moved: the rate of that group has changed since.
        epochs: passes over the training loader since it was made, the running one included; 0 without a loader.
        epoch_steps: optimizer steps in one whole pass; None before one is complete.
        evaluations: rounds of forwards without gradients between its optimizer's steps.
        at_end: written when the process ended, with its counter as it stood then.
        resumed: its counter stands further than its calls were seen to bring it, as where its state was loaded.
        to_the_end: it was stepped within loops that nothing leaves before their last round.
        says: what it was told when it was made.
        rates: what the rate did under it.
        members: of a sequence or a chain, the numbers of its schedulers.
    """

    step: int
    schedule: int
    optimizer: int
    kind: str
    made_at: Place | None
    advanced: int
    lengths: dict[str, tuple[int, ...]]
    start_rate: float
    rate: float
    optimizer_steps: int
    all_steps: int
    low_steps: int
    moved: bool
    epochs: int
    epoch_steps: int | None
    evaluations: int
    at_end: bool
    resumed: bool = False
    to_the_end: bool = False
    says: ScheduleSays = ScheduleSays()
    rates: RatesRun = RatesRun()
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PlateauSeen:
    """A ReduceLROnPlateau and what it was given; in a sampled iteration or at the end, the last one of each counts.

    Args:
        plateau: number in order of construction.
        optimizer: number of the optimizer whose rate it sets.
        made_at: the user's line that constructed it.
        stepped_at: the user's line that gave it the first value.
        mode: "min" or "max".
        steps: the optimizer step before which each value was given.
        values: of its metric, the first few hundred.
        rates: of the first group whose rate is not 0, when each value was given.
    """

    step: int
    plateau: int
    optimizer: int
    made_at: Place | None
    stepped_at: Place | None
    mode: str
    steps: tuple[int, ...]
    values: tuple[float, ...]
    rates: tuple[float, ...]
