"""Loss and learning rate over the steps, dense at first and thinned out later."""

from torch import Tensor

from wellfit.model.events.run import Tracked
from wellfit.observe.clock import is_curve_point
from wellfit.observe.moments import Step
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

STRETCH = 32
"""Points gathered before they are written as one line; the first few are written at once."""


class CurvesProbe(Probe):
    """Writes `Tracked`."""

    emits = (Tracked,)
    always = frozenset({"step_end"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._points: list[tuple[int, float, float]] = []
        self._written = 0

    def on_step_end(self, step: Step) -> None:
        """Note one point, and write a stretch when it is long enough."""
        now = self.watch.clock.step
        if not is_curve_point(now) or self.watch.last_loss is None or not step.optimizer.param_groups:
            return
        rate = step.optimizer.param_groups[0].get("lr", 0.0)
        self._points.append((now, self.watch.last_loss, float(rate) if isinstance(rate, Tensor) else rate))
        if len(self._points) >= min(STRETCH, 1 + self._written):
            self._write()

    def end(self) -> None:
        """Write what is left."""
        self._write()

    def _write(self) -> None:
        if self._points:
            steps, losses, rates = zip(*self._points, strict=True)
            self._written += len(steps)
            self._points.clear()
            self.watch.emit(Tracked(steps, tuple(map(_short, losses)), tuple(map(_short, rates))))


def _short(value: float) -> float:
    """Seven significant digits: what a float32 holds, at a third of the bytes."""
    return float(f"{value:.7g}")
