"""The explicit tuple of all event types; a log line of any other type is passed over."""

from wellfit.model.events.batch import BatchesSeen, GradientsCompared, MemoryPeaked, SizeClimbed
from wellfit.model.events.data import InputsMeasured, LabelsOrdered, LossCompared, RowsCompared
from wellfit.model.events.deep import (
    AnswersReplaced,
    BatchSizesTried,
    BlankCompared,
    CausalityTried,
    FirstLoss,
    MetricTried,
    OneBatchTrained,
    ProcedureRefused,
    ResumptionTried,
    RunsCompared,
    SeedSet,
    StepHashed,
)
from wellfit.model.events.evaluation import TrainModePassSeen
from wellfit.model.events.fit import FitRefused, FitScored
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
from wellfit.model.events.rates import LoaderTrained, RatesSeen
from wellfit.model.events.reach import LeavesReached, PathsTraced
from wellfit.model.events.recipe import RecipeApplied, RecipeCompared
from wellfit.model.events.record import (
    BatchSeen,
    MetricSeen,
    ModulesSeen,
    OptionsParsed,
    ParamsDeclared,
    TrainingBegan,
    WeightsHashed,
)
from wellfit.model.events.retrace import FileRead, OperationTraced, ProcessTraced, SourceRead
from wellfit.model.events.run import Armed, Counted, Ended, ProbeBroke, SteppedAside, Tracked
from wellfit.model.events.side_run import Evaluated, SideRan
from wellfit.model.events.trial import InputsChanged, Intervened, Scored, TrialEnded, TrialStepped, WriteRefused

EVENTS: tuple[type, ...] = (
    AnswersReplaced,
    Armed,
    BatchSeen,
    BatchesSeen,
    BatchSizesTried,
    BlankCompared,
    CausalityTried,
    Counted,
    CycleSeen,
    Ended,
    FileRead,
    OperationTraced,
    ProcessTraced,
    SourceRead,
    GradientsCompared,
    MemoryPeaked,
    MetricSeen,
    MetricTried,
    ModulesSeen,
    FirstLoss,
    FitRefused,
    FitScored,
    GradientBecameNonfinite,
    LossBecameNonfinite,
    NonfiniteCounted,
    OriginLocated,
    InputsMeasured,
    LabelsOrdered,
    LeavesReached,
    LoaderTrained,
    LossBroadcast,
    LossCompared,
    LossComputed,
    LossTraced,
    OneBatchTrained,
    PathsTraced,
    RatesSeen,
    ProcedureRefused,
    Evaluated,
    ProbeBroke,
    SideRan,
    ResumptionTried,
    RowsCompared,
    RecipeApplied,
    RecipeCompared,
    RunsCompared,
    SeedSet,
    SizeClimbed,
    StepHashed,
    RowsWatched,
    SteppedAside,
    SoftmaxRepeated,
    Tracked,
    OptimizerSeen,
    OptionsParsed,
    ParametersCovered,
    ParamsDeclared,
    PlateauSeen,
    ScheduleSeen,
    TrainModePassSeen,
    TrainingBegan,
    TrainingModeSeen,
    TrialEnded,
    TrialStepped,
    InputsChanged,
    Intervened,
    Scored,
    Updated,
    WeightsHashed,
    WriteRefused,
)
