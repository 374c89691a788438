"""Loss and learning rate over the steps, dense at first and thinned out later."""

from torch import Tensor

from wellfit.model.events.run import Tracked
from wellfit.observe.losses import LossValue
from wellfit.observe.moments import Step
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

STRETCH = 32
"""Points gathered before they are written as one line; the first few are written at once."""


class CurvesProbe(Probe):
    """Writes `Tracked`."""

    emits = (Tracked,)
    essential = True

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._points: list[tuple[int, LossValue, float | Tensor]] = []
        self._written = 0

    def on_curve_point(self, step: Step) -> None:
        """Note one point, and write a stretch when it is long enough."""
        now, loss = self.watch.clock.step, self.watch.losses.latest
        if loss is None or (loss.known and loss.value is None):
            return
        if not step.optimizer.param_groups:
            return
        rate = step.optimizer.param_groups[0].get("lr", 0.0)
        self._points.append((now, loss, _frozen(rate)))
        if len(self._points) >= min(STRETCH, 1 + self._written):
            self._write()

    def end(self) -> None:
        """Write what is left."""
        self._write()

    def _write(self) -> None:
        if not self._points:
            return
        self.watch.losses.read()
        points = [(step, loss.value, float(rate)) for step, loss, rate in self._points if loss.value is not None]
        self._written += len(self._points)
        self._points.clear()
        if points:
            steps, losses, rates = zip(*points, strict=True)
            self.watch.emit(Tracked(steps, tuple(map(_short, losses)), tuple(map(_short, rates))))


def _frozen(rate: float | Tensor) -> float | Tensor:
    """A rate that a later step cannot change in place; one on a device is read with the losses."""
    if not isinstance(rate, Tensor):
        return rate
    return float(rate) if rate.device.type == "cpu" else rate.detach().clone()


def _short(value: float) -> float:
    """Seven significant digits: what a float32 holds, at a third of the bytes."""
    return float(f"{value:.7g}")
