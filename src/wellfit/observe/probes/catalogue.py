"""The explicit tuple of all probes."""

from wellfit.observe.probe import Probe
from wellfit.observe.probes.curves import CurvesProbe
from wellfit.observe.probes.loss_broadcasts import LossBroadcastsProbe
from wellfit.observe.probes.loss_inputs import LossInputsProbe
from wellfit.observe.probes.loss_traces import LossTracesProbe

PROBES: tuple[type[Probe], ...] = (
    CurvesProbe,
    LossInputsProbe,
    LossBroadcastsProbe,
    LossTracesProbe,
)
"""In the order in which they are told of a moment."""
