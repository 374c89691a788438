"""The values of one metric, as a running trial writes them down."""

from pathlib import Path

from wellfit.digest.recorded import SOURCES, is_held_out, scored_metrics
from wellfit.model.codec import decode
from wellfit.model.events.fit import FitScored
from wellfit.model.events.record import MetricSeen
from wellfit.script.launch import find_logs


class Tail:
    """Reads what was appended to the logs of a run since the last look.

    Args:
        folder: of the logs.
        metric: whose values count. Of several sources that give it, the first in the order of records counts.
    """

    def __init__(self, folder: Path, metric: str) -> None:
        self._folder, self._metric = folder, metric
        self._read: dict[str, int] = {}
        self._source: str | None = None
        self._evaluation: int | None = None
        self.values: list[float] = []

    def new_values(self) -> list[float]:
        """Those that came since the last call, in their order."""
        before = len(self.values)
        for log in find_logs(self._folder):
            for line in self._new_lines(log):
                self._take(line)
        return self.values[before:]

    def _new_lines(self, log: str) -> list[str]:
        try:
            with Path(log).open("rb") as file:
                file.seek(self._read.get(log, 0))
                data = file.read()
        except OSError:
            return []
        whole = data.rfind(b"\n") + 1  # what follows is still being written
        self._read[log] = self._read.get(log, 0) + whole
        return data[:whole].decode("utf-8", "replace").splitlines()

    def _take(self, line: str) -> None:
        if MetricSeen.__name__ not in line and FitScored.__name__ not in line:
            return
        try:
            event = decode(line)
        except ValueError:
            return
        if isinstance(event, FitScored):
            self._take_scores(event)
        elif isinstance(event, MetricSeen):
            self._take_metric(event)

    def _take_scores(self, event: FitScored) -> None:
        if self._evaluation is None and is_held_out(event):
            self._evaluation = event.evaluation
        if event.evaluation == self._evaluation:
            for metric in scored_metrics(event):
                self._take_metric(metric)

    def _take_metric(self, event: MetricSeen) -> None:
        if event.name != self._metric:
            return
        if self._source is None or _rank(event.source) < _rank(self._source):
            self._source, self.values = event.source, []
        if event.source == self._source:
            self.values.append(event.value)


def _rank(source: str) -> int:
    return SOURCES.index(source) if source in SOURCES else len(SOURCES)
