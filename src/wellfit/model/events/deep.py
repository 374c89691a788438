"""Events of `wellfit check --deep`: what each procedure saw, or why it saw nothing."""

from dataclasses import dataclass
from typing import Literal

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class ProcedureRefused:
    """A procedure could not look.

    Args:
        procedure: its name.
        evidence: names of the events that it would have written.
        reason: in words.
    """

    procedure: str
    evidence: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class StepHashed:
    """What went into one optimizer step of a trial run, as hashes that two runs are compared by.

    Args:
        step: optimizer steps before it.
        weights: of all models, before the step's first training call; None in most steps, for it is dear.
        inputs: of everything that the models were called with.
        rows: hashes of the first samples, one each.
        targets: of everything that losses were called with; None where no loss function was.
        generators: states of the global random generators before the step's first training call.
        loss: as a hexadecimal float; None where it could not be read.
        place: the line of the step's first training call.
        device: of what the models were called with, such as "cpu".
    """

    step: int
    weights: str | None
    inputs: str
    rows: tuple[str, ...]
    targets: str | None
    generators: str
    loss: str | None
    place: Place | None
    device: str


@dataclass(frozen=True, slots=True)
class SeedSet:
    """The program seeded a generator.

    Args:
        function: as the user writes it, such as `torch.manual_seed`.
        value: the seed; None where the operating system's entropy is asked for one.
    """

    function: str
    value: str | None
    place: Place | None


Source = Literal["start", "inputs", "targets", "generators", "loss", "update", "steps"]
"""What two runs first differed in: the weights before the first step, what the models or the losses were given, the
states of the random generators, the loss from equal ingredients, what a step made of equal losses, or their number."""


@dataclass(frozen=True, slots=True)
class RunsCompared:
    """Two trial runs of the unchanged script, under equal seeds.

    Args:
        steps: optimizer steps of each that were compared.
        first: what differed first; None where the runs are equal to the last bit.
        step: at which optimizer step; None where they are equal.
        shared_rows: share of the samples of the one run that the other saw as well; None where none were seen.
        seeds: lines that seeded differently in the two runs, or from the operating system's entropy, with the two
            seeds of the first time.
        place: the line at which the difference was seen.
        device: of what the models were called with, such as "cpu".
    """

    steps: int
    first: Source | None
    step: int | None
    shared_rows: float | None
    seeds: tuple[tuple[SeedSet, SeedSet], ...]
    place: Place | None
    device: str


@dataclass(frozen=True, slots=True)
class FirstLoss:
    """The first loss of a trial run, before any step: what it was made of, and what theory says of it.

    Args:
        function: public name of the loss function.
        answers: how many answers it holds against targets.
        loss: their mean proper loss: negative log-likelihood in nats, or squared error.
        uniform: what answers that favour nothing would give: ln K, or ln 2; None of a regression.
        prior: the least that answers without any input would give: the targets' entropy, or their variance.
        floor: the least that any answers would give; above 0 for soft or smoothed targets.
        classes: K, of a classification.
        answers_mean: of a regression's answers or a binary loss's scores.
        targets_mean: of a regression's or a binary loss's targets.
        targets_std: the same.
        made_by: the operation behind the answers, such as linear, or a backward node's own name.
        loaded: weights were loaded before training.
        lines: that called loss functions before the first step.
        optimizers: that stepped in the whole run.
    """

    function: str
    place: Place | None
    answers: int
    loss: float
    uniform: float | None
    prior: float
    floor: float
    classes: int | None
    answers_mean: float
    targets_mean: float
    targets_std: float
    made_by: str | None
    loaded: bool
    lines: int
    optimizers: int


@dataclass(frozen=True, slots=True)
class OneBatchTrained:
    """A trial run whose every training step got the first batch again.

    Args:
        steps: optimizer steps of the losses, rising.
        losses: what was minimized; NaN where it could not be read.
        proper: mean proper loss of the answers behind it; empty where none was seen in each step.
        first: of the unchanged run; None where no loss function was seen.
    """

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    proper: tuple[float, ...]
    first: FirstLoss | None


@dataclass(frozen=True, slots=True)
class BlankCompared:
    """The unchanged run beside runs that saw zeros, and the samples of each batch in another order, as inputs.

    Losses are mean proper losses of the training batches over the last steps.

    Args:
        steps: optimizer steps that trained.
        window: of these, the last ones that are compared.
        as_is: of the unchanged run.
        zeroed: of the one that saw zeros.
        permuted: of the one that saw each batch's samples in another order.
        gain_over_zeroed: 95% interval of how much less the unchanged run lost, and its middle: low, mid, high.
        gain_over_permuted: the same.
        equal: steps whose loss was the same to the last bit in all three runs.
        one_batch: first and last proper loss of the run that trained on one batch.
        place: the line that computes the loss.
    """

    steps: int
    window: int
    as_is: float
    zeroed: float
    permuted: float
    gain_over_zeroed: tuple[float, float, float]
    gain_over_permuted: tuple[float, float, float]
    equal: int
    one_batch: tuple[float, float]
    place: Place | None


@dataclass(frozen=True, slots=True)
class SizeTried:
    """A batch of another size, made of the first samples of a real one.

    Args:
        error: class of the exception that the call raised; None where it answered.
        shape: of the answers.
        moved: samples whose answer differs from the one in the whole batch.
    """

    size: int
    error: str | None
    shape: tuple[int, ...]
    moved: int


@dataclass(frozen=True, slots=True)
class BatchSizesTried:
    """A trained model was asked in evaluation mode, with parts of a training batch and with samples replaced.

    Args:
        root: class of the model.
        place: the line that calls it.
        refused: why it was not asked; empty where it was.
        rows: samples of the whole batch.
        replaced: samples that were replaced by another, one at a time.
        moved: answers of other samples that moved with one of them, at most.
        width: a weight that has a dimension as long as the batch.
    """

    root: str
    place: Place | None
    refused: str
    rows: int
    sizes: tuple[SizeTried, ...]
    replaced: int
    moved: int
    width: str | None


@dataclass(frozen=True, slots=True)
class CausalityTried:
    """A trained model that predicts the next value of a sequence was asked with late values changed.

    Args:
        root: class of the model.
        place: the line that calls it.
        refused: why it was not asked; empty where it was.
        length: positions of a sequence.
        changed: the position that was changed.
        first: the first earlier position whose answer moved; None where none did.
        moved: how many earlier positions did.
    """

    root: str
    place: Place | None
    refused: str
    length: int
    changed: int
    first: int | None
    moved: int


@dataclass(frozen=True, slots=True)
class StateLost:
    """Something that changed in training, and that the state_dict of its owner lacks.

    Args:
        name: as the user reaches it from the model or the optimizer.
        kind: of value: tensor or number.
        matters: the model answers otherwise, or the next step goes elsewhere, with the value that it began with.
        place: the line that sets it.
    """

    name: str
    kind: Literal["tensor", "number"]
    matters: bool
    place: Place | None


@dataclass(frozen=True, slots=True)
class ScheduleTried:
    """A learning-rate scheduler was saved and loaded in memory, and asked for its next rates.

    Args:
        kind: its class.
        place: the line that sets what was lost, or else the one that constructs the scheduler.
        went_on: next rates of a copy that goes on.
        loaded: those of one that was made anew and loaded what was saved.
        lost: values that changed in training and are not in its state_dict.
    """

    kind: str
    place: Place | None
    went_on: tuple[float, ...]
    loaded: tuple[float, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResumptionTried:
    """A trained model, its optimizer and its schedules were saved and loaded in memory.

    Args:
        root: class of the model.
        place: the line that calls it.
        refused: why nothing was tried; empty where it was.
        lost: what the state_dict lacks.
        load_error: what loading the saved weights into a copy raised, strictly; None where it went.
        same_answers: a copy answers the same to the last bit after loading.
        optimizer: class of the optimizer; None where none was tried.
        same_step: its next step, from the same gradients, is the same after loading; None where that was not tried.
        optimizer_lost: attributes of the optimizer that changed in training and are not saved.
        schedules: that were tried.
    """

    root: str
    place: Place | None
    refused: str
    lost: tuple[StateLost, ...]
    load_error: str | None
    same_answers: bool | None
    optimizer: str | None
    same_step: bool | None
    optimizer_lost: tuple[str, ...]
    schedules: tuple[ScheduleTried, ...]


@dataclass(frozen=True, slots=True)
class EvaluationPass:
    """One pass of an evaluation in which each sample got the same answer, and what that is worth on its targets.

    The worth is the share of right answers; of a regression, the part of the variance that they explain.

    Args:
        batches: calls of the model.
        samples: in all of them.
        first: samples of the first batch.
        last: samples of the last one.
        of_all: worth on all samples.
        of_batches: mean of the batches' own worths.
        of_last: worth on the last batch alone.
    """

    batches: int
    samples: int
    first: int
    last: int
    of_all: float
    of_batches: float
    of_last: float


@dataclass(frozen=True, slots=True)
class AnswersReplaced:
    """In a trial run, what a model answers in evaluation was replaced by what its targets say.

    Args:
        place: the line that first called it.
        calls: how many were replaced.
        passes: where each sample got the same answer.
    """

    place: Place | None
    calls: int
    passes: tuple[EvaluationPass, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """A number that the script prints, and that changes with what the model answers in evaluation.

    Args:
        label: the line that it stands in, with `#` for each number.
        position: which of the line's numbers it is, from 0.
        percent: a percent sign follows it.
        as_is: of the unchanged run.
        perfect: where each answer is the target.
        shuffled: where each answer is another sample's target.
        unit: of the last digit that is printed.
        constant: where all samples of a pass get one answer; None where the line is another then.
        cut: the same, with the evaluation cut into batches of another size.
    """

    label: str
    position: int
    percent: bool
    as_is: float
    perfect: float
    shuffled: float
    unit: float = 0.0
    constant: float | None = None
    cut: float | None = None


@dataclass(frozen=True, slots=True)
class MetricTried:
    """The script evaluated perfect answers, and those of other samples.

    Args:
        place: the line that calls the model in evaluation.
        calls: how many calls were answered so.
        numbers: that changed with the answers, in the order in which they are printed.
        constant: passes of the run whose answers were the same for all samples.
        cut: of the one that also had other batches; empty where no evaluation could be cut otherwise.
    """

    place: Place | None
    calls: int
    numbers: tuple[PrintedNumber, ...]
    constant: tuple[EvaluationPass, ...] = ()
    cut: tuple[EvaluationPass, ...] = ()
