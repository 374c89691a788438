"""The explicit tuple of all probes."""

from wellfit.observe.probe import Probe
from wellfit.observe.probes.batch_sizes import BatchSizesProbe
from wellfit.observe.probes.causality import CausalityProbe
from wellfit.observe.probes.constant_rows import ConstantRowsProbe
from wellfit.observe.probes.coverage import CoverageProbe
from wellfit.observe.probes.curves import CurvesProbe
from wellfit.observe.probes.evaluated_rows import EvaluatedRowsProbe
from wellfit.observe.probes.first_loss import FirstLossProbe
from wellfit.observe.probes.fit_scores import FitScoresProbe
from wellfit.observe.probes.gradient_paths import GradientPathsProbe
from wellfit.observe.probes.input_scales import InputScalesProbe
from wellfit.observe.probes.label_order import LabelOrderProbe
from wellfit.observe.probes.loss_broadcasts import LossBroadcastsProbe
from wellfit.observe.probes.loss_inputs import LossInputsProbe
from wellfit.observe.probes.loss_traces import LossTracesProbe
from wellfit.observe.probes.nonfinite import NonfiniteProbe
from wellfit.observe.probes.optimizer_cycles import OptimizerCyclesProbe
from wellfit.observe.probes.optimizers import OptimizersProbe
from wellfit.observe.probes.plateaus import PlateausProbe
from wellfit.observe.probes.resumption import ResumptionProbe
from wellfit.observe.probes.schedules import SchedulesProbe
from wellfit.observe.probes.seed_calls import SeedCallsProbe
from wellfit.observe.probes.side_runs import SideRunsProbe
from wellfit.observe.probes.step_hashes import StepHashesProbe
from wellfit.observe.probes.train_mode_passes import TrainModePassesProbe
from wellfit.observe.probes.training_modes import TrainingModesProbe
from wellfit.observe.probes.trial import TrialProbe
from wellfit.observe.probes.unregistered import UnregisteredProbe
from wellfit.observe.probes.update_sizes import UpdateSizesProbe

PROBES: tuple[type[Probe], ...] = (
    CurvesProbe,
    LossInputsProbe,
    LossBroadcastsProbe,
    LossTracesProbe,
    NonfiniteProbe,
    LabelOrderProbe,
    OptimizerCyclesProbe,
    InputScalesProbe,
    ConstantRowsProbe,
    CoverageProbe,
    OptimizersProbe,
    SchedulesProbe,
    PlateausProbe,
    UpdateSizesProbe,
    SideRunsProbe,
    UnregisteredProbe,
    TrainingModesProbe,
    GradientPathsProbe,
    TrainModePassesProbe,
    EvaluatedRowsProbe,
    FitScoresProbe,
)
"""In the order in which they are told of a moment."""

TRIAL_PROBES: tuple[type[Probe], ...] = (
    CurvesProbe,
    TrialProbe,
    FitScoresProbe,
    FirstLossProbe,
    BatchSizesProbe,
    CausalityProbe,
    ResumptionProbe,
    SeedCallsProbe,
    StepHashesProbe,
)
"""The same for trial runs, which are scored and not judged."""
