"""Between the sampled iterations, one more training call is told to nobody; what is not like the one before is told."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from wellfit.model.events.run import Tracked
from wellfit.model.run import WatchSettings
from wellfit.observe import arm as arming_room
from wellfit.observe.clock import GLANCE_STRIDE, is_sampled
from wellfit.observe.moments import Backward, Forward, LossCall, Step, Zeroed
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

STEPS = 60


class Diary(Probe):
    """Notes in which iterations it is told of what."""

    emits = (Tracked,)
    always = frozenset({"forward"})
    glances = frozenset({"plain_forward"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.notes: list[tuple[str, int]] = []
        _diaries.append(self)

    def _note(self, what: str) -> None:
        self.notes.append((what, self.watch.clock.iteration))

    def on_forward(self, forward: Forward) -> None:
        self._note("training" if forward.grad and forward.training else "other")

    def on_loss_call(self, _: LossCall) -> None:
        self._note("loss")

    def on_zeroed(self, _: Zeroed) -> None:
        self._note("zeroed")

    def on_bad_loss(self, _: Backward) -> None:
        self._note("bad")

    def on_zero_rate(self, _: Step) -> None:
        self._note("zero rate")

    def on_first_step(self, _: Step) -> None:
        self._note("first step")


_diaries: list[Diary] = []


def told(folder: Path, between: Callable[[int, nn.Module, torch.optim.Optimizer], None]) -> dict[str, list[int]]:
    """Iterations in which each thing was told, of a training in a fork that calls `between` before each step."""
    written = folder / "notes.json"
    pid = os.fork()
    if pid == 0:
        try:
            arming_room.PROBES = (Diary,)  # type: ignore[misc]
            arming_room.arm(WatchSettings(str(folder)))
            model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(STEPS):
                between(step, model, optimizer)
                optimizer.zero_grad()
                F.mse_loss(model(torch.ones(8, 4)), torch.zeros(8, 1)).backward()
                optimizer.step()
            written.write_text(json.dumps(_diaries[-1].notes))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    notes: dict[str, list[int]] = {}
    for what, iteration in json.loads(written.read_text()):
        notes.setdefault(what, []).append(iteration)
    return notes


SAMPLED = [i for i in range(STEPS) if is_sampled(i)]


def test_plain_training_is_told_in_sampled_iterations_and_glances(tmp_path: Path) -> None:
    notes = told(tmp_path, lambda *_: None)
    assert notes["training"] == sorted({*SAMPLED, *range(0, STEPS, GLANCE_STRIDE)})
    assert notes["loss"] == notes["zeroed"] == SAMPLED
    assert notes["first step"] == [0]
    assert notes.keys() == {"training", "loss", "zeroed", "first step"}


def test_evaluation_is_told_and_the_training_call_after_it(tmp_path: Path) -> None:
    def evaluate(step: int, model: nn.Module, _: torch.optim.Optimizer) -> None:
        if step == 21:
            with torch.no_grad():
                model(torch.ones(3, 4))

    notes = told(tmp_path, evaluate)
    assert notes["other"] == [21]
    assert notes["training"] == sorted({*SAMPLED, 21, GLANCE_STRIDE})


def test_mode_is_told_and_the_training_call_after_it(tmp_path: Path) -> None:
    def set_mode(step: int, model: nn.Module, _: torch.optim.Optimizer) -> None:
        if step == 21:
            model.eval()
        if step == 23:
            model.train()

    notes = told(tmp_path, set_mode)
    assert notes["other"] == [21, 22]
    assert notes["training"] == sorted({*SAMPLED, 23, GLANCE_STRIDE})


def test_loss_that_is_not_finite_is_told_at_once(tmp_path: Path) -> None:
    def break_it(step: int, model: nn.Module, _: torch.optim.Optimizer) -> None:
        if step == 37:
            next(model.parameters()).data.fill_(torch.nan)

    assert told(tmp_path, break_it)["bad"] == list(range(37, STEPS))


def test_rate_of_zero_is_told_at_each_step(tmp_path: Path) -> None:
    def set_rate(step: int, _: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        optimizer.param_groups[0]["lr"] = 0.0 if step % 3 == 0 else 0.1

    assert told(tmp_path, set_rate)["zero rate"] == list(range(0, STEPS, 3))
