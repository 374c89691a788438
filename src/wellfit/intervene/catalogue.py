"""The explicit tuple of all interventions: one import line and one tuple line each."""

from wellfit.intervene.align_shapes import AlignShapes
from wellfit.intervene.clear_gradients import ClearGradients
from wellfit.intervene.hold_parameters import HoldParameters
from wellfit.intervene.intervention import Intervention
from wellfit.intervene.register_layers import RegisterLayers
from wellfit.intervene.set_rate import SetRate
from wellfit.intervene.shuffle import Shuffle
from wellfit.intervene.skip_activation import SkipActivation
from wellfit.intervene.step_after_backward import StepAfterBackward
from wellfit.intervene.train_mode import TrainMode

INTERVENTIONS: tuple[type[Intervention], ...] = (
    AlignShapes,
    ClearGradients,
    HoldParameters,
    RegisterLayers,
    SetRate,
    Shuffle,
    SkipActivation,
    StepAfterBackward,
    TrainMode,
)
