"""Events about the data that the training reads."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class InputsMeasured:
    """The first float input of a root, in a sampled iteration with gradients on.

    Args:
        place: the line that calls the root.
        first_layer: class of the first module with parameters, or that normalizes, that the root calls.
        normalizes: that module brings every feature to one scale itself.
        features: size of the feature dimension; constant features are left out of the scales.
        smallest_scale: of the features that vary, the smallest root mean square.
        largest_scale: the largest one.
    """

    step: int
    root: str
    place: Place | None
    first_layer: str
    normalizes: bool
    shape: tuple[int, ...]
    features: int
    smallest_scale: float
    largest_scale: float


@dataclass(frozen=True, slots=True)
class LossCompared:
    """A loss in a sampled iteration, beside what the best constant answer and the answer zero would have scored.

    Args:
        loss: mean over the samples, computed anew without weights and reductions of the program's own.
        constant: the loss of a model that knows only the shares (or the mean) of this batch's targets.
        zero: the loss of a model that answers zero everywhere, as a fresh one nearly does.
    """

    step: int
    function: str
    place: Place | None
    loss: float
    constant: float
    zero: float


@dataclass(frozen=True, slots=True)
class LabelsOrdered:
    """The order of the class labels that reached one line's loss, over the iterations watched so far.

    The first iterations are watched one after the other; `later_*` are about sampled ones with gaps between.

    Args:
        place: the line of the loss.
        loader: how the loader that was started last orders its samples: "sequential", "random" or "custom";
            None where no DataLoader was iterated.
        loader_made: the line that constructed it.
        loader_place: the line that iterates it.
        iterations: watched without a gap.
        labels: read in these.
        classes: different labels among them.
        runs: stretches of one and the same label.
        blocks: every class stands in one stretch per pass, in the same order in each pass.
        repeated: in the stretches that came again in a later pass, all lengths agreed.
        passes: complete passes over all classes.
        within: chance that two labels of one iteration agree.
        pooled: chance that two labels of any iterations agree.
        later_iterations: sampled after the gapless stretch.
        later_pure: of these, with a single class.
        later_classes: different labels among the pure ones.
    """

    step: int
    place: Place | None
    loader: str | None
    loader_made: Place | None
    loader_place: Place | None
    iterations: int
    labels: int
    classes: int
    runs: int
    blocks: bool
    repeated: bool
    passes: int
    within: float
    pooled: float
    later_iterations: int
    later_pure: int
    later_classes: int


@dataclass(frozen=True, slots=True)
class RowsCompared:
    """Rows of one evaluation against the rows trained on, by hash; of each evaluation the last event counts.

    Args:
        evaluation: its number, in order of first appearance.
        place: the line that calls the model for the evaluation.
        passes: calls of the model seen from there.
        rows: different rows hashed.
        trained: of these, seen among the rows trained on.
        duplicates: rows that came more than once within the evaluation.
        training_rows: different training rows hashed.
        training_known: of the last training rows looked at, the share that had been hashed before: how much of the
            training set is known.
        source: "training" where the evaluation reads the training's own loader, data set or batch, "own" where it
            reads a loader over another data set, else "unknown".
    """

    evaluation: int
    step: int
    place: Place | None
    passes: int
    rows: int
    trained: int
    duplicates: int
    training_rows: int
    training_known: float
    source: str
