"""The explicit tuple of all probes."""

from wellfit.observe.probe import Probe
from wellfit.observe.probes.curves import CurvesProbe
from wellfit.observe.probes.loss_inputs import LossInputsProbe

PROBES: tuple[type[Probe], ...] = (
    CurvesProbe,
    LossInputsProbe,
)
"""In the order in which they are told of a moment."""
