"""Lets the watch of a process keep a record, too."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wellfit.declare import reported
from wellfit.record import printed, scalars, timed
from wellfit.record.generators import read_states, set_states_of
from wellfit.record.metrics import Metrics
from wellfit.record.options import Parsed
from wellfit.record.probe import RecordProbe

if TYPE_CHECKING:
    from wellfit.model.run import WatchSettings
    from wellfit.observe.arm import Arming

GENERATORS_NAME = "generators.json"
"""File with the states of the generators when torch had been imported."""


def arm(settings: "WatchSettings", arming: "Arming") -> None:
    """From here on the run is recorded; nothing about it changes, but for generators that are to stand as they did.

    Args:
        settings: of the watch; other ranks than the first leave their metrics to that.
        arming: of the watch that is listened to.
    """
    if settings.generators is not None:
        set_states_of(Path(settings.generators))
    if os.environ.get("RANK", "0") != "0":
        return
    with contextlib.suppress(OSError):  # a full disk ends no training
        (Path(settings.log_dir) / GENERATORS_NAME).write_text(json.dumps(read_states()))
    parsed = Parsed()
    parsed.listen()
    watch = arming.watch
    metrics = Metrics(watch.recorder)
    if settings.trial is not None:
        arming.pace.share = 1.0  # of a search, whose trials are compared by their evaluations
    watch.join(RecordProbe(arming, metrics, parsed))
    clocks: set[str] = set()
    timed.listen(clocks)

    def note_printed(name: str, value: float, progress: bool) -> None:  # noqa: FBT001 - as a line is told
        source = "timed" if name in clocks else "progress" if progress else "printed"
        metrics.note(name, source, watch.clock.step, value)

    def note_reported(step: int | None, values: dict[str, float]) -> None:
        for name, value in values.items():
            metrics.note(name, "reported", watch.clock.step if step is None else step, value)

    printed.listen(_here(note_printed))
    reported.listen(_here(note_reported))
    scalars.listen(
        _here(
            lambda tag, value, step: metrics.note(tag, "tensorboard", watch.clock.step if step is None else step, value)
        )
    )


def _here(heard: Callable[..., None]) -> Callable[..., None]:
    """In this process alone: what a forked one prints or writes is not the run's."""
    process = os.getpid()

    def hear(*values: object) -> None:
        if os.getpid() == process:
            heard(*values)

    return hear
