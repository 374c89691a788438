"""The explicit tuple of all interventions: one import line and one tuple line each."""

from wellfit.intervene.accumulate import Accumulate
from wellfit.intervene.align_shapes import AlignShapes
from wellfit.intervene.apply_sigmoid import ApplySigmoid
from wellfit.intervene.augment import Augment
from wellfit.intervene.average_statistics import AverageStatistics
from wellfit.intervene.blank_inputs import BlankInputs
from wellfit.intervene.clear_gradients import ClearGradients
from wellfit.intervene.climb_sizes import ClimbSizes
from wellfit.intervene.clip_gradients import ClipGradients
from wellfit.intervene.compare_gradients import CompareGradients
from wellfit.intervene.compress_schedule import CompressSchedule
from wellfit.intervene.cut_evaluation import CutEvaluation
from wellfit.intervene.decouple_decay import DecoupleDecay
from wellfit.intervene.fill_inputs import FillInputs
from wellfit.intervene.guard_operand import GuardOperand
from wellfit.intervene.hold_back import HoldBack
from wellfit.intervene.hold_parameters import HoldParameters
from wellfit.intervene.intervention import Intervention
from wellfit.intervene.lengthen_schedule import LengthenSchedule
from wellfit.intervene.limit_memory import LimitMemory
from wellfit.intervene.move_samples_to_front import MoveSamplesToFront
from wellfit.intervene.multiply_rates import MultiplyRates
from wellfit.intervene.pass_gradients import PassGradients
from wellfit.intervene.plan_batches import PlanBatches
from wellfit.intervene.redraw_weights import RedrawWeights
from wellfit.intervene.register_layers import RegisterLayers
from wellfit.intervene.repeat_batch import RepeatBatch
from wellfit.intervene.replace_answers import ReplaceAnswers
from wellfit.intervene.replace_schedule import ReplaceSchedule
from wellfit.intervene.scale_inputs import ScaleInputs
from wellfit.intervene.scale_rates import ScaleRates
from wellfit.intervene.score_in_eval_mode import ScoreInEvalMode
from wellfit.intervene.score_without_dropout import ScoreWithoutDropout
from wellfit.intervene.seed_workers import SeedWorkers
from wellfit.intervene.sequence_schedules import SequenceSchedules
from wellfit.intervene.set_batch_size import SetBatchSize
from wellfit.intervene.set_dropout import SetDropout
from wellfit.intervene.set_hyperparameters import SetHyperparameters
from wellfit.intervene.set_plateau_mode import SetPlateauMode
from wellfit.intervene.set_rate import SetRate
from wellfit.intervene.shuffle import Shuffle
from wellfit.intervene.skip_activation import SkipActivation
from wellfit.intervene.smooth_labels import SmoothLabels
from wellfit.intervene.softmax_over_classes import SoftmaxOverClasses
from wellfit.intervene.step_after_backward import StepAfterBackward
from wellfit.intervene.step_schedule import StepSchedule
from wellfit.intervene.swap_batch_first import SwapBatchFirst
from wellfit.intervene.take_log_probabilities import TakeLogProbabilities
from wellfit.intervene.train_mode import TrainMode
from wellfit.intervene.unfreeze import Unfreeze
from wellfit.intervene.use_recipe import UseRecipe

INTERVENTIONS: tuple[type[Intervention], ...] = (
    Accumulate,
    AlignShapes,
    ApplySigmoid,
    Augment,
    AverageStatistics,
    BlankInputs,
    ClearGradients,
    ClimbSizes,
    ClipGradients,
    CompareGradients,
    CompressSchedule,
    CutEvaluation,
    DecoupleDecay,
    FillInputs,
    GuardOperand,
    HoldBack,
    HoldParameters,
    LengthenSchedule,
    LimitMemory,
    MoveSamplesToFront,
    MultiplyRates,
    PassGradients,
    PlanBatches,
    RedrawWeights,
    RegisterLayers,
    RepeatBatch,
    ReplaceAnswers,
    ReplaceSchedule,
    ScaleInputs,
    ScaleRates,
    ScoreInEvalMode,
    ScoreWithoutDropout,
    SeedWorkers,
    SequenceSchedules,
    SetBatchSize,
    SetDropout,
    SetHyperparameters,
    SetPlateauMode,
    SetRate,
    Shuffle,
    SkipActivation,
    SmoothLabels,
    SoftmaxOverClasses,
    StepAfterBackward,
    StepSchedule,
    SwapBatchFirst,
    TakeLogProbabilities,
    TrainMode,
    Unfreeze,
    UseRecipe,
)
