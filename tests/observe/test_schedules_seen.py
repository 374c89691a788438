"""What is read of schedules: the course of a rate, the loops that step them, what they say and what they are given."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import run_watched
from torch import nn
from torch.optim import SGD
from torch.optim import lr_scheduler as of_torch

from wellfit.model.events.optim import PlateauSeen, RatesRun, ScheduleSays, ScheduleSeen
from wellfit.observe.loops import run_to_their_end
from wellfit.observe.rate_course import RateCourse
from wellfit.observe.schedule_says import count_of, moving_group, schedule_says


def course(*rates: float) -> RatesRun:
    followed = RateCourse()
    for rate in rates:
        followed.note(rate)
    return followed.summary()


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ((0.0, 0.0, 0.1, 0.2, 0.1), RatesRun(highest=0.2, highest_at=3, lowest=0.1, zeros_at_first=2)),
        ((0.1, 0.0, 0.1, 0.0, 0.0), RatesRun(highest=0.1, lowest=0.0, zeros_at_last=2, small_at_last=2)),
        ((1.0, 0.01, 0.01), RatesRun(highest=1.0, lowest=0.01)),
        ((1.0, 0.009, 0.02, 0.009), RatesRun(highest=1.0, lowest=0.009, small_at_last=1)),
        ((0.0, 0.0), RatesRun(zeros_at_first=2, zeros_at_last=2)),
        ((0.001, 1.0), RatesRun(highest=1.0, highest_at=1, lowest=1.0)),
        ((), RatesRun()),
    ],
)
def test_a_course_is_a_few_numbers(rates: tuple[float, ...], expected: RatesRun) -> None:
    assert course(*rates) == expected


def asked() -> bool:
    return run_to_their_end(inspect.currentframe().f_back)  # type: ignore[union-attr]


def in_a_for() -> bool:
    for _ in range(1):
        for _ in range(1):
            found = asked()
    return found


def in_a_for_whose_inner_loop_breaks() -> bool:
    for _ in range(1):
        for step in range(2):
            if step:
                break
        found = asked()
    return found


def with_a_break() -> bool:
    found = False
    for _ in range(3):
        found = asked()
        if not found:
            break
    return found


def with_a_return() -> bool:
    for _ in range(2):
        for _ in range(2):
            found = asked()
        if not found:
            return found
    return found


def in_a_while() -> bool:
    steps, found = 0, False
    while steps < 1:
        found, steps = asked(), steps + 1
    return found


def in_a_try() -> bool:
    found = False
    try:
        for _ in range(1):
            found = asked()
    except KeyboardInterrupt:
        pass
    return found


def with_a_try_inside() -> bool:
    for _ in range(1):
        try:
            found = asked()
        except ValueError:
            found = False
    return found


def generated() -> Iterator[bool]:
    for _ in range(1):
        yield asked()


def in_a_generator() -> bool:
    return next(generated())


def in_no_loop() -> bool:
    return asked()


def called_from_a_loop() -> bool:
    for _ in range(1):
        found = in_no_loop()
    return found


def called_from_a_while() -> bool:
    found = None
    while found is None:
        found = in_a_for()
    return found


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (in_a_for, True),
        (in_a_for_whose_inner_loop_breaks, True),
        (with_a_try_inside, True),
        (called_from_a_loop, True),
        (with_a_break, False),
        (with_a_return, False),
        (in_a_while, False),
        (in_a_try, False),
        (in_a_generator, False),
        (in_no_loop, False),
        (called_from_a_while, False),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_loops_that_nothing_leaves_are_told(program, expected: bool) -> None:
    assert program() is expected


def sgd(*rates: float) -> SGD:
    return SGD([{"params": nn.Linear(1, 1).parameters(), "lr": rate} for rate in rates], lr=0.1)


def test_a_group_that_is_frozen_by_its_rate_is_not_followed() -> None:
    assert moving_group(sgd(0.0, 0.1)) == 1
    assert moving_group(sgd(0.0)) == 0


def test_a_subclass_without_what_its_base_has_says_nothing() -> None:
    class Bare(of_torch.CosineAnnealingLR):
        def __init__(self, optimizer: SGD) -> None:
            self.optimizer = optimizer

    bare = Bare(sgd(0.1))
    assert schedule_says(bare, 0) == ScheduleSays()
    assert count_of(bare) == 0


PROGRAM = """
import torch
from torch import nn
from torch.optim.lr_scheduler import *
torch.manual_seed(0)
net = nn.Linear(4, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
{made}
for step in range(12):
    loss = net(torch.randn(8, 4)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    {stepped}
"""


def watched(folder: Path, made: str, stepped: str = "scheduler.step()") -> dict[int, ScheduleSeen]:
    script = folder / "train.py"
    script.write_text(PROGRAM.format(made=made, stepped=stepped))
    run = run_watched(script)
    assert run.exit_code == 0, run.output
    return {event.schedule: event for event in run.logs[0].of(ScheduleSeen)}


@pytest.mark.parametrize(
    ("made", "highest"),
    [
        ("scheduler = SequentialLR(optimizer, [{}], milestones=[4])", 0.1),
        ("scheduler = ChainedScheduler([{}])", 0.0536),
    ],
)
def test_a_joined_schedule_is_followed_from_its_first_step_on(made: str, highest: float, tmp_path: Path) -> None:
    members = "LinearLR(optimizer, 0.1, total_iters=4), CosineAnnealingLR(optimizer, 8)"
    seen = watched(tmp_path, made.format(members))
    joined = seen[2]
    assert joined.members == (0, 1)
    assert (joined.advanced, joined.all_steps, joined.made_at.line) == (12, 12, 8)  # type: ignore[union-attr]
    assert joined.rates.highest == pytest.approx(highest, abs=1e-3)
    assert joined.start_rate == pytest.approx(0.01)
    assert joined.says.peak == 0.1
    assert joined.to_the_end
    assert not joined.resumed


def test_a_state_that_was_loaded_is_told(tmp_path: Path) -> None:
    made = "scheduler = CosineAnnealingLR(optimizer, 50)\n"
    loaded = f"{made}scheduler.load_state_dict(dict(scheduler.state_dict(), last_epoch=20))"
    assert watched(tmp_path, loaded)[0].resumed
    assert not watched(tmp_path, made)[0].resumed


def test_what_a_plateau_is_given_is_kept_with_the_rate_before_it_acts(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    made = "scheduler = ReduceLROnPlateau(optimizer, 'max', patience=1)"
    script.write_text(PROGRAM.format(made=made, stepped="scheduler.step(torch.tensor(float(-step)))"))
    plateau = run_watched(script).logs[0].last(PlateauSeen)
    assert plateau is not None
    assert plateau.mode == "max"
    assert plateau.steps == tuple(range(1, 13))
    assert plateau.values == tuple(float(-step) for step in range(12))
    assert plateau.rates[:4] == pytest.approx((0.1, 0.1, 0.1, 0.01))
    assert plateau.made_at is not None
    assert plateau.made_at.line == 8
