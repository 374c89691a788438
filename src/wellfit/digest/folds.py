"""The explicit table of all folds: which fact is made by which function of which events."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from wellfit.digest.data import fold_constant_answers, fold_evaluated_rows, fold_input_scales, fold_label_order
from wellfit.digest.deep import (
    fold_batch_sizes,
    fold_blankness,
    fold_causality,
    fold_loss_at_init,
    fold_metric,
    fold_one_batch,
    fold_repetition,
    fold_resumption,
)
from wellfit.digest.evaluations import fold_evaluations
from wellfit.digest.init import fold_weight_rows
from wellfit.digest.loss_inputs import fold_loss_broadcasts, fold_loss_inputs, fold_loss_traces
from wellfit.digest.nonfinite import fold_nonfinite_start
from wellfit.digest.optimizer_cycles import fold_optimizer_cycles
from wellfit.digest.optimizers import (
    fold_coverage,
    fold_layer_rates,
    fold_loss_course,
    fold_optimizers,
    fold_plateaus,
    fold_schedules,
    fold_update_sizes,
)
from wellfit.digest.reach import fold_gradient_paths, fold_reached_leaves
from wellfit.digest.side_runs import fold_evaluation_noise, fold_sample_mixing
from wellfit.digest.training_modes import fold_training_modes
from wellfit.model.events.data import InputsMeasured, LabelsOrdered, LossCompared, RowsCompared
from wellfit.model.events.deep import (
    BatchSizesTried,
    BlankCompared,
    CausalityTried,
    FirstLoss,
    MetricTried,
    OneBatchTrained,
    ProcedureRefused,
    ResumptionTried,
    RunsCompared,
)
from wellfit.model.events.evaluation import TrainModePassSeen
from wellfit.model.events.init import RowsWatched
from wellfit.model.events.loop import CycleSeen, TrainingModeSeen
from wellfit.model.events.loss import LossBroadcast, LossComputed, LossTraced, SoftmaxRepeated
from wellfit.model.events.numerics import (
    GradientBecameNonfinite,
    LossBecameNonfinite,
    NonfiniteCounted,
    OriginLocated,
)
from wellfit.model.events.optim import OptimizerSeen, ParametersCovered, PlateauSeen, ScheduleSeen, Updated
from wellfit.model.events.reach import LeavesReached, PathsTraced
from wellfit.model.events.run import Ended, Tracked
from wellfit.model.events.side_run import Evaluated, SideRan
from wellfit.model.facts.data import ConstantAnswers, EvaluatedRows, InputScales, LabelOrder
from wellfit.model.facts.deep import (
    BatchSizes,
    Blankness,
    Causality,
    LossAtInit,
    MetricOfAnswers,
    OneBatch,
    Repetition,
    Resumption,
)
from wellfit.model.facts.evaluation import Evaluations
from wellfit.model.facts.init import WeightRows
from wellfit.model.facts.loop import OptimizerCycles, TrainingModes
from wellfit.model.facts.loss import LossBroadcasts, LossInputs, LossTraces
from wellfit.model.facts.numerics import NonfiniteStart
from wellfit.model.facts.optim import (
    LayerRates,
    LossCourse,
    OptimizersSeen,
    ParameterCoverage,
    Plateaus,
    Schedules,
    UpdateSizes,
)
from wellfit.model.facts.reach import GradientPaths, ReachedLeaves
from wellfit.model.facts.side_run import EvaluationNoise, SampleMixing
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


@dataclass(frozen=True, slots=True)
class Fold:
    """One fact: its type, the function that makes it, and the events that this reads."""

    fact: type
    function: Callable[[EventLog], object]
    reads: tuple[type, ...]


FOLDS: tuple[Fold, ...] = (
    Fold(LossInputs, fold_loss_inputs, (LossComputed, SoftmaxRepeated)),
    Fold(LossBroadcasts, fold_loss_broadcasts, (LossBroadcast, LossTraced)),
    Fold(LossTraces, fold_loss_traces, (LossTraced,)),
    Fold(LabelOrder, fold_label_order, (LabelsOrdered,)),
    Fold(ConstantAnswers, fold_constant_answers, (LossCompared,)),
    Fold(InputScales, fold_input_scales, (InputsMeasured, LossCompared, Tracked)),
    Fold(EvaluatedRows, fold_evaluated_rows, (RowsCompared,)),
    Fold(
        NonfiniteStart,
        fold_nonfinite_start,
        (LossBecameNonfinite, GradientBecameNonfinite, OriginLocated, NonfiniteCounted),
    ),
    Fold(SampleMixing, fold_sample_mixing, (SideRan, LossComputed)),
    Fold(EvaluationNoise, fold_evaluation_noise, (SideRan, Evaluated)),
    Fold(OptimizerCycles, fold_optimizer_cycles, (CycleSeen,)),
    Fold(WeightRows, fold_weight_rows, (RowsWatched,)),
    Fold(OptimizersSeen, fold_optimizers, (OptimizerSeen,)),
    Fold(ParameterCoverage, fold_coverage, (ParametersCovered,)),
    Fold(UpdateSizes, fold_update_sizes, (Updated,)),
    Fold(Schedules, fold_schedules, (ScheduleSeen, PlateauSeen, Ended)),
    Fold(LayerRates, fold_layer_rates, (OptimizerSeen,)),
    Fold(Plateaus, fold_plateaus, (PlateauSeen,)),
    Fold(LossCourse, fold_loss_course, (Tracked,)),
    Fold(ReachedLeaves, fold_reached_leaves, (LeavesReached,)),
    Fold(GradientPaths, fold_gradient_paths, (PathsTraced, LossTraced)),
    Fold(TrainingModes, fold_training_modes, (TrainingModeSeen,)),
    Fold(Evaluations, fold_evaluations, (TrainModePassSeen,)),
    Fold(Repetition, fold_repetition, (RunsCompared, ProcedureRefused)),
    Fold(OneBatch, fold_one_batch, (OneBatchTrained, ProcedureRefused)),
    Fold(Blankness, fold_blankness, (BlankCompared, ProcedureRefused)),
    Fold(LossAtInit, fold_loss_at_init, (FirstLoss, ProcedureRefused)),
    Fold(BatchSizes, fold_batch_sizes, (BatchSizesTried, ProcedureRefused)),
    Fold(Causality, fold_causality, (CausalityTried, ProcedureRefused)),
    Fold(MetricOfAnswers, fold_metric, (MetricTried, ProcedureRefused)),
    Fold(Resumption, fold_resumption, (ResumptionTried, ProcedureRefused)),
)


def digest(log: EventLog) -> Callable[[type], object]:
    """The facts of a log, each made when first asked for."""
    by_type = {fold.fact: fold for fold in FOLDS}

    @cache
    def fact(kind: type) -> object:
        fold = by_type.get(kind)
        return Unseen(f"no fold makes {kind.__name__}") if fold is None else fold.function(log)

    return fact


def events_behind(facts: tuple[type, ...]) -> tuple[type, ...]:
    """The event types that these facts are made of; a watch need emit no others."""
    return tuple(dict.fromkeys(event for fold in FOLDS if fold.fact in facts for event in fold.reads))
