"""The judgement of schedulers: silence where they are right, one name where they are wrong, and nothing touched."""

import copy
import time
import warnings
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sound import SOUND, made
from torch import nn
from torch.optim import SGD, AdamW
from torch.optim import lr_scheduler as of_torch
from transformers import SchedulerType, get_scheduler
from wrong import WRONG, chain, hugging_face

import wellfit
from wellfit.schedules.check import ScheduleCheck, check_schedule
from wellfit.schedules.jump import jump_of
from wellfit.schedules.schedule import schedule
from wellfit.schedules.simulate import copied


def names(check: ScheduleCheck) -> list[str]:
    return [problem.name for problem in check.problems]


@pytest.mark.parametrize("steps", [100, 5_000])
@pytest.mark.parametrize("name", SOUND)
def test_a_scheduler_as_documented_has_no_problem(name: str, steps: int) -> None:
    check = check_schedule(SOUND[name](made(), steps), steps)
    assert names(check) == []
    assert check


def test_every_scheduler_of_torch_and_transformers_is_among_them() -> None:
    of_today = {
        k.__name__ for k in vars(of_torch).values() if isinstance(k, type) and issubclass(k, of_torch.LRScheduler)
    }
    missing = {
        name for name in of_today - {"LRScheduler", "_LRScheduler"} if not any(s.startswith(name) for s in SOUND)
    }
    assert not missing
    assert {f"transformers {kind.value}" for kind in SchedulerType} <= SOUND.keys()


@given(steps=st.integers(40, 4_000))
@settings(max_examples=3)
@pytest.mark.parametrize("name", SOUND)
def test_no_length_that_is_right_gives_a_problem(name: str, steps: int) -> None:
    assert names(check_schedule(SOUND[name](made(), steps), steps)) == []


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_schedule_has_one_problem(case: str) -> None:
    name, make, steps = WRONG[case]
    check = check_schedule(make(), steps)
    assert names(check) == [name]
    assert not check


def test_the_numbers_of_a_rise_are_those_of_the_run() -> None:
    problem = check_schedule(of_torch.CosineAnnealingLR(made(), 50), 100).problems[0]
    assert problem.step == 50
    assert problem.numbers["share_of_peak"] == pytest.approx(1.0, abs=2e-3)
    assert problem.instead == "T_max=100"


def test_the_share_of_the_peak_that_a_chain_reaches_is_told() -> None:
    assert check_schedule(chain(made(), 50, 100), 100).problems[0].numbers["share_of_peak"] == pytest.approx(
        0.53, abs=0.01
    )


def test_a_cycle_stepped_per_epoch_stays_at_a_25th() -> None:
    check = check_schedule(of_torch.OneCycleLR(made(), 0.1, steps_per_epoch=1_000, epochs=5), 5)
    assert max(check.rates) == pytest.approx(0.1 / 25, rel=0.01)


@pytest.mark.parametrize(("mode", "metric", "wrong"), [("max", "loss", 1), ("min", "loss", 0), ("min", "accuracy", 1)])
@pytest.mark.parametrize("kind", ["reduce_lr_on_plateau", "greedy"])
def test_a_plateau_in_the_wrong_mode_is_found(kind: str, mode: str, metric: str, wrong: int) -> None:
    scheduler = get_scheduler(kind, made(), scheduler_specific_kwargs={"mode": mode, "patience": 5})
    check = check_schedule(scheduler, 100, metric=metric)
    assert names(check) == ["wrong_mode"] * wrong
    assert (check.rates[-1] < check.rates[0]) == bool(wrong)


def scaled(*, applied: bool) -> Any:
    scales = (0.25, 0.5, 1.0)
    rates = [1e-3 * scale if applied else 1e-3 for scale in scales]
    groups = [
        {"params": nn.Parameter(torch.ones(1)), "lr": rate, "lr_scale": scale}
        for rate, scale in zip(rates, scales, strict=True)
    ]
    return AdamW(groups, lr=1e-3)


@pytest.mark.parametrize("name", ["cosine", "constant"])
def test_a_layer_decay_that_nobody_applies_is_found(name: str) -> None:
    assert names(check_schedule(get_scheduler(name, scaled(applied=False), 10, 100), 100)) == ["ignored_lr_scale"]
    assert names(check_schedule(get_scheduler(name, scaled(applied=True), 10, 100), 100)) == []


def test_a_layer_decay_that_one_cycle_overwrites_is_found() -> None:
    scheduler = of_torch.OneCycleLR(scaled(applied=True), max_lr=1e-3, total_steps=100)
    assert names(check_schedule(scheduler, 100)) == ["ignored_lr_scale"]


def test_the_first_step_of_transformers_warmup_is_a_note() -> None:
    check = check_schedule(hugging_face("cosine", 10, 100), 100)
    assert check
    assert [note.name for note in check.notes] == ["first_step_at_zero"]


def test_one_milestone_past_the_end_is_a_note() -> None:
    check = check_schedule(of_torch.MultiStepLR(made(), [30, 60, 90]), 90)
    assert check
    assert [note.name for note in check.notes] == ["milestones_past_end"]


def test_what_the_last_call_sets_is_not_judged() -> None:
    scheduler = get_scheduler(
        "cosine_warmup_with_min_lr", made(), 3, 11, scheduler_specific_kwargs={"min_lr_rate": 0.1}
    )
    assert names(check_schedule(scheduler, 11)) == []


def test_a_group_frozen_on_purpose_is_left_alone() -> None:
    assert names(check_schedule(of_torch.CosineAnnealingLR(made(0.0, 0.1), 100), 100)) == []


def test_a_problem_of_one_group_alone_is_found() -> None:
    both = of_torch.LambdaLR(made(0.1, 0.1), [lambda e: 1.0, lambda e: abs(1 - e / 50)])
    assert "rise_after_decay" in names(check_schedule(both, 100))


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("steps", [100, 1_500])
def test_neither_scheduler_nor_optimizer_is_touched(name: str, steps: int) -> None:
    optimizer = made()
    scheduler = SOUND[name](optimizer, steps)
    before = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    parameters = [group["params"][0] for group in optimizer.param_groups]
    random = torch.get_rng_state()
    check_schedule(scheduler, steps)
    assert repr((optimizer.state_dict(), scheduler.state_dict())) == repr(before)
    assert all(group["params"][0] is p for group, p in zip(optimizer.param_groups, parameters, strict=True))
    assert scheduler.optimizer is optimizer
    assert torch.equal(torch.get_rng_state(), random)


def test_a_large_model_is_not_copied() -> None:
    optimizer = SGD([nn.Parameter(torch.empty(10**9, device="meta"))], lr=0.1)
    assert check_schedule(of_torch.CosineAnnealingLR(optimizer, 100), 100)


@pytest.mark.parametrize("name", SOUND)
def test_a_computed_rate_is_the_rate_that_calls_give(name: str) -> None:
    scheduler = SOUND[name](made(), 400)
    jump = jump_of(copied(scheduler), 400)
    if jump is None:
        assert "SWALR" in name or "plateau" in name.lower() or "greedy" in name or name.startswith("Multiplicative")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        replica = copied(scheduler)
        for step in range(400):
            assert jump(step) == pytest.approx(replica.optimizer.rates(), rel=1e-6, abs=1e-9)
            replica.step()


def test_a_subclass_is_believed_only_by_its_calls() -> None:
    class Halved(of_torch.CosineAnnealingLR):
        def get_lr(self) -> list[float]:
            return [base * (0.5 if self.last_epoch < 1_000 else 1.0) for base in self.base_lrs]

    assert check_schedule(Halved(made(0.1), 3_000), 3_000).rates[1_000] == pytest.approx(0.1)


@pytest.mark.parametrize("steps", [1_000, 100_000, 10_000_000])
@pytest.mark.parametrize("name", ["SequentialLR of warmup and cosine", "transformers cosine", "wellfit wsd", "StepLR"])
def test_it_takes_less_than_50_ms(name: str, steps: int) -> None:
    scheduler = SOUND[name](made(), steps)
    taken = []
    for _ in range(3):
        start = time.process_time()
        check_schedule(scheduler, steps)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.05


def test_a_resumed_scheduler_is_judged_from_where_it_stands() -> None:
    scheduler = of_torch.CosineAnnealingLR(made(), 50)
    for _ in range(30):
        scheduler.optimizer.step()
        scheduler.step()
    check = check_schedule(scheduler, 50)
    assert check.steps[0] == 30
    assert check
    assert names(check_schedule(scheduler, 100)) == ["rise_after_decay"]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_runs_are_judged(steps: int) -> None:
    assert check_schedule(schedule(made(), "cosine", steps), steps)


def test_what_is_printed_names_the_problem_the_remedy_and_the_curve() -> None:
    text = str(check_schedule(of_torch.CosineAnnealingLR(made(), 50), 100))
    assert all(part in text for part in ("T_max=50", "rise_after_decay at step 50", "instead: T_max=100", "▁", "█"))


def test_a_zero_is_drawn_as_no_bar() -> None:
    assert "·" in str(check_schedule(hugging_face("linear", 5, 50), 100))


def test_another_object_is_refused() -> None:
    with pytest.raises(TypeError, match="scheduler must be an LRScheduler, got int"):
        check_schedule(3, 100)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ValueError) as raised:
        check_schedule(of_torch.StepLR(made(), 30), 0, metric="f1")
    assert "steps must be a whole number above the 0 made, got 0" in str(raised.value)
    assert "metric must be 'loss', 'accuracy' or None, got 'f1'" in str(raised.value)


def test_the_front_door_has_both() -> None:
    assert wellfit.check_schedule is check_schedule
    assert wellfit.schedule is schedule
    assert {"schedule", "check_schedule"} <= set(dir(wellfit))


def test_an_unknown_name_of_the_front_door_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'scedule'"):
        _ = wellfit.scedule
