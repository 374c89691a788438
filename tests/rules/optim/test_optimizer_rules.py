"""Both sides of each threshold of the rules on optimizers and schedules, on facts written by hand."""

from typing import Any

import pytest
from optimizer_facts import answers, course, coverage, group, held, module, optimizers, schedules, updates, verdict

from wellfit.model.events.optim import ScheduleSays
from wellfit.model.facts.numerics import NonfiniteStart
from wellfit.model.facts.optim import LossCourse, OptimizersSeen, Schedules, UpdateSizes
from wellfit.model.rule import Finding
from wellfit.rules.optim.adam_with_l2.rule import adam_with_l2
from wellfit.rules.optim.learning_rate_too_high.rule import learning_rate_too_high
from wellfit.rules.optim.learning_rate_too_low.rule import learning_rate_too_low
from wellfit.rules.optim.learning_rate_zero.rule import learning_rate_zero
from wellfit.rules.optim.nothing_trains.rule import nothing_trains
from wellfit.rules.optim.optimizer_holds_idle_parameters.rule import optimizer_holds_idle_parameters
from wellfit.rules.optim.parameters_not_in_optimizer.rule import parameters_not_in_optimizer
from wellfit.rules.optim.rate_rises_after_decay.rule import rate_rises_after_decay
from wellfit.rules.optim.schedule_in_wrong_unit.rule import schedule_in_wrong_unit
from wellfit.rules.optim.schedule_never_stepped.rule import schedule_never_stepped
from wellfit.rules.optim.stale_parameters_in_optimizer.rule import stale_parameters_in_optimizer

MISSING = module(missing=2, missing_elements=40, reached=3, names=("head.weight", "head.bias"))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (coverage(held(), MISSING), "found"),
        (coverage(held(), module()), "clear"),
        (coverage(held(looks=2), MISSING), "clear"),
        (coverage(held(), MISSING, backwards=2), "unseen"),
        (coverage(held(), module(missing=2, held=0, holders=())), "clear"),
        (coverage(held(idle=2, stale=2), MISSING), "clear"),
    ],
    ids=["missing", "all held", "too few looks", "too few backwards", "none held", "stale explains it"],
)
def test_parameters_not_in_optimizer(seen: Any, expected: str) -> None:
    assert verdict(parameters_not_in_optimizer, seen) == expected


def test_left_out_but_loaded_is_a_note() -> None:
    loaded = module(missing=2, missing_elements=40, reached=3, loaded=True)
    [finding] = parameters_not_in_optimizer.function(coverage(held(), loaded))
    assert isinstance(finding, Finding)
    assert finding.severity == "note"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (coverage(held(idle=2, stale=2), MISSING), "found"),
        (coverage(held(idle=4), MISSING), "found"),
        (coverage(held(idle=2), MISSING), "clear"),
        (coverage(held(idle=2, stale=2), module()), "clear"),
        (coverage(held(idle=2, stale=2, looks=2), MISSING), "clear"),
    ],
    ids=["replaced", "another model's", "idle only", "nothing missing", "too few looks"],
)
def test_stale_parameters_in_optimizer(seen: Any, expected: str) -> None:
    assert verdict(stale_parameters_in_optimizer, seen) == expected


@pytest.mark.parametrize(
    ("seen", "nothing", "idle"),
    [
        (coverage(held(idle=4, frozen=4), module()), "found", "clear"),
        (coverage(held(idle=4, frozen=3), module()), "clear", "clear"),
        (coverage(held(idle=3, frozen=3), module()), "clear", "found"),
        (coverage(held(idle=0), module()), "clear", "clear"),
        (coverage(held(idle=4, frozen=4, looks=2), module()), "clear", "clear"),
    ],
    ids=["all frozen", "one cut off", "one trains", "none idle", "too few looks"],
)
def test_idle_parameters(seen: Any, nothing: str, idle: str) -> None:
    assert verdict(nothing_trains, seen) == nothing
    assert verdict(optimizer_holds_idle_parameters, seen) == idle


PER_BATCH = {"advanced": 100, "optimizer_steps": 100, "all_steps": 100}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (schedules(**PER_BATCH, low_steps=84), "found"),
        (schedules(**PER_BATCH, low_steps=83), "clear"),
        (schedules(**PER_BATCH | {"advanced": 89}, low_steps=84), "clear"),
        (schedules(**PER_BATCH, low_steps=84, epoch_steps=None), "unseen"),
        (schedules(**PER_BATCH, low_steps=90, epochs=0, epoch_steps=None, evaluations=4), "found"),
        (schedules(**PER_BATCH, low_steps=90, epochs=0, epoch_steps=None, evaluations=2), "unseen"),
        (schedules(**PER_BATCH, kind="CosineAnnealingLR", lengths={"T_max": (16,)}), "found"),
        (schedules(**PER_BATCH, kind="CosineAnnealingLR", lengths={"T_max": (17,)}), "clear"),
        (schedules(**PER_BATCH, kind="CosineAnnealingWarmRestarts", lengths={"T_0": (5,)}), "clear"),
        (schedules(kind="OneCycleLR", lengths={"total_steps": (100,)}), "found"),
        (schedules(kind="OneCycleLR", lengths={"total_steps": (103,)}), "clear"),
        (schedules(kind="CyclicLR", says=ScheduleSays(turn=50, cyclic=True)), "found"),
        (schedules(kind="CyclicLR", says=ScheduleSays(turn=49, cyclic=True)), "clear"),
        (schedules(kind="CyclicLR", says=ScheduleSays(turn=50, cyclic=True), advanced=7), "clear"),
        (schedules(kind="CosineAnnealingWarmRestarts", says=ScheduleSays(turn=50, cyclic=True)), "clear"),
        (schedules(kind="OneCycleLR", lengths={"total_steps": (100,)}, finished=False), "clear"),
        (Schedules((), finished=True), "unseen"),
    ],
)
def test_schedule_in_wrong_unit(seen: Schedules, expected: str) -> None:
    assert verdict(schedule_in_wrong_unit, seen) == expected


COSINE = {"kind": "CosineAnnealingLR", "lengths": {"T_max": (40,)}}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (schedules(**COSINE, advanced=50), "found"),
        (schedules(**COSINE, advanced=120), "found"),
        (schedules(**COSINE, advanced=49), "clear"),
        (schedules(**COSINE, advanced=121), "clear"),
        (schedules(kind="CosineAnnealingWarmRestarts", lengths={"T_0": (40,)}, advanced=80), "clear"),
        (schedules(kind="StepLR", lengths={"step_size": (40,)}, advanced=80), "clear"),
        (schedules(**PER_BATCH, kind="CosineAnnealingLR", lengths={"T_max": (16,)}), "clear"),
        (Schedules((), finished=True), "unseen"),
    ],
)
def test_rate_rises_after_decay(seen: Schedules, expected: str) -> None:
    assert verdict(rate_rises_after_decay, seen, course(1.0), optimizers()) == expected


UNMOVED = {"advanced": 0, "moved": False}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (schedules(**UNMOVED), "found"),
        (schedules(advanced=0, moved=True), "clear"),
        (schedules(**UNMOVED, finished=False, epochs=11), "found"),
        (schedules(**UNMOVED, finished=False, epochs=10), "unseen"),
        (schedules(**UNMOVED, at_end=False, epochs=3), "unseen"),
        (schedules(**UNMOVED, epochs=1), "unseen"),
        (schedules(**UNMOVED, epochs=0, all_steps=50), "found"),
        (schedules(**UNMOVED, epochs=0, all_steps=49), "unseen"),
    ],
)
def test_schedule_never_stepped(seen: Schedules, expected: str) -> None:
    assert verdict(schedule_never_stepped, seen) == expected


NONE = Schedules((), finished=True)


@pytest.mark.parametrize(
    ("seen", "under", "moved", "expected"),
    [
        (optimizers(zero_rate_steps=51), NONE, updates(), "found"),
        (optimizers(zero_rate_steps=50), NONE, updates(), "clear"),
        (optimizers(zero_rate_steps=100), NONE, updates(0.1), "clear"),
        (optimizers(zero_rate_steps=100), NONE, updates(0.1, 0.0), "found"),
        (optimizers(steps=9, zero_rate_steps=9), NONE, updates(), "unseen"),
        (optimizers(zero_rate_steps=100), schedules(advanced=0, start_rate=0.0), updates(), "unseen"),
        (optimizers(zero_rate_steps=90), schedules(**PER_BATCH, low_steps=90), updates(), "clear"),
    ],
    ids=["most", "half", "moves all the same", "at rest", "too few", "warm-up waits", "the unit explains it"],
)
def test_learning_rate_zero(seen: OptimizersSeen, under: Schedules, moved: UpdateSizes, expected: str) -> None:
    assert verdict(learning_rate_zero, seen, under, moved) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "found"),
        ({"decoupled": True}, "clear"),
        ({"weight_decay": 0.0}, "clear"),
        ({"weight_decay": None}, "clear"),
    ],
)
def test_adam_with_l2(changed: dict[str, Any], expected: str) -> None:
    seen = optimizers(groups=(group(**{"weight_decay": 0.1} | changed),))
    assert verdict(adam_with_l2, seen, updates()) == expected


@pytest.mark.parametrize(("penalty", "steps", "severity"), [(2.0, 4, "warning"), (1.9, 4, None), (5.0, 3, None)])
def test_adam_with_l2_warns_where_the_decay_outweighs(penalty: float, steps: int, severity: str | None) -> None:
    seen = optimizers(groups=(group(weight_decay=0.1),))
    [finding] = adam_with_l2.function(seen, updates(*[0.01] * steps, penalty=penalty))
    assert isinstance(finding, Finding)
    assert finding.severity == severity


LONG = [1.0] * 49
FINITE = NonfiniteStart(loss=None, gradient=None, located=(), losses=0, backwards=60, latest=False)
OVERSIZED = updates(0.3, 0.3, 0.01)


@pytest.mark.parametrize(
    ("losses", "moved", "expected"),
    [
        ((1.0, 2.0, *LONG), OVERSIZED, "found"),
        ((1.0, 1.9, *LONG), OVERSIZED, "clear"),
        ((1.0, 2.0, *LONG), updates(0.3, 0.29), "clear"),
        ((1.0, 2.0, *[0.89] * 49), OVERSIZED, "clear"),
        ((1.0, 0.4, 2.0, *LONG), OVERSIZED, "clear"),
        ((1.0, 9.0, *[1.0] * 20), OVERSIZED, "clear"),
        ((1.0, 10.0, *[1.0] * 20), OVERSIZED, "found"),
        ((1.0, 10.0, *[1.0] * 13), OVERSIZED, "unseen"),
        ((1.0, *[float("nan")] * 20), OVERSIZED, "found"),
        ((1.0, 0.4, *[float("nan")] * 20), OVERSIZED, "clear"),
        ((-1.0, 5.0, *LONG), OVERSIZED, "clear"),
        ((1.0, 5.0, -1.0, *LONG), OVERSIZED, "clear"),
        ((1.0, 5.0, *LONG), updates(0.3, 0.3, weight=0.0), "clear"),
    ],
)
def test_learning_rate_too_high(losses: tuple[float, ...], moved: UpdateSizes, expected: str) -> None:
    assert verdict(learning_rate_too_high, course(*losses), moved, optimizers(), FINITE) == expected


def test_several_optimizers_share_one_course() -> None:
    several = OptimizersSeen(optimizers().all * 2)
    assert verdict(learning_rate_too_high, course(1.0, 10.0, *LONG), OVERSIZED, several, FINITE) == "unseen"


SLOW = {
    "course": course(*[2.3] * 80),
    "updates": updates(*[1e-5] * 5),
    "optimizers": optimizers(kind="SGD", rescales=False),
    "answers": answers(2.31, 2.32, 2.30),
    "coverage": coverage(held(), module()),
    "schedules": schedules(),
}
"""80 steps at one rate that move the weights by 0.0008 of their size, and a loss that stays."""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "found"),
        ({"updates": updates(*[1.2e-4] * 5)}, "found"),
        ({"updates": updates(*[1.3e-4] * 5)}, "clear"),
        ({"updates": updates(*[1e-5] * 3)}, "unseen"),
        ({"updates": updates(*[1e-5] * 5, gradient=9e-4)}, "clear"),
        ({"updates": updates(*[1e-5] * 5, gradient=9e-4), "optimizers": optimizers()}, "found"),
        ({"updates": updates(*[0.0] * 5)}, "clear"),
        ({"course": course(*[2.3] * 63)}, "unseen"),
        ({"course": course(*[2.3] * 60, *[2.25] * 20)}, "clear"),
        ({"answers": answers(2.31, 2.1, 2.0)}, "clear"),
        ({"answers": answers(2.31)}, "clear"),
        ({"coverage": coverage(held(), module(loaded=True))}, "clear"),
        ({"schedules": schedules(finished=False)}, "unseen"),
    ],
)
def test_learning_rate_too_low(changed: dict[str, Any], expected: str) -> None:
    assert verdict(learning_rate_too_low, *(SLOW | changed).values()) == expected


def test_steps_of_a_warmup_do_not_speak_for_those_after_it() -> None:
    warmed = course(*[2.3] * 80)
    rates = (1e-6,) * 40 + (0.1,) * 40
    rising = LossCourse(warmed.steps, warmed.losses, rates)
    facts = SLOW | {"course": rising, "updates": updates(*[1e-8] * 5)}
    assert verdict(learning_rate_too_low, *facts.values()) == "clear"
