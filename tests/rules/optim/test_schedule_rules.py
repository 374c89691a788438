"""Both sides of each threshold of the rules on what schedules do to the rate, on facts written by hand."""

import math
from dataclasses import replace
from typing import Any

import pytest
from optimizer_facts import course_of_rates, layers, optimizers, plateau, rates, schedules, updates, verdict

from wellfit.digest.optimizers import fold_layer_rates
from wellfit.model.events.optim import ParameterGroup, ScheduleSays
from wellfit.model.facts.optim import LayerRates, LossCourse, OptimizersSeen, Plateaus, Schedules
from wellfit.model.log import EventLog
from wellfit.model.rule import Finding
from wellfit.rules.optim.full_rate_before_warmup.rule import full_rate_before_warmup
from wellfit.rules.optim.learning_rate_zero.rule import learning_rate_zero
from wellfit.rules.optim.lr_scale_ignored.rule import lr_scale_ignored
from wellfit.rules.optim.plateau_mode_reversed.rule import plateau_mode_reversed
from wellfit.rules.optim.rate_rises_after_decay.rule import rate_rises_after_decay
from wellfit.rules.optim.schedule_longer_than_run.rule import schedule_longer_than_run
from wellfit.rules.optim.schedule_shorter_than_run.rule import schedule_shorter_than_run
from wellfit.rules.optim.warmup_multiplied_by_decay.rule import warmup_multiplied_by_decay

LONG = {"advanced": 100, "to_the_end": True, "rate": 0.05, "rates": rates()}
DECAY = LONG | {"says": ScheduleSays("Cosine", length=112, argument="T_max")}
WARMUP = LONG | {"rate": 0.08, "says": ScheduleSays("Warmup", peak=0.1), "rates": rates(highest=0.08)}
DROPS = LONG | {"says": ScheduleSays("StepLR", milestones=(100,))}


def with_says(seen: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return seen | {"says": replace(seen["says"], **changed)}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (schedules(**DECAY), "found"),
        (schedules(**with_says(DECAY, length=110)), "clear"),
        (schedules(**DECAY | {"rate": 0.033}), "clear"),
        (schedules(**with_says(DECAY, cyclic=True)), "clear"),
        (schedules(**DECAY, finished=False), "unseen"),
        (schedules(**DECAY | {"to_the_end": False}), "unseen"),
        (schedules(**with_says(DECAY | {"advanced": 4}, length=5)), "unseen"),
        (schedules(**DECAY | {"resumed": True}), "unseen"),
        (schedules(**WARMUP), "found"),
        (schedules(**WARMUP | {"rates": rates(highest=0.091), "rate": 0.091}), "clear"),
        (schedules(**WARMUP | {"rate": 0.079}), "clear"),
        (schedules(**DROPS), "found"),
        (schedules(**with_says(DROPS, milestones=(99, 150))), "clear"),
        (replace(schedules(**DECAY), with_plateau=frozenset({0})), "unseen"),
        (Schedules((*schedules(**DECAY).all, *schedules(**DECAY, schedule=1).all), finished=True), "unseen"),
    ],
)
def test_schedule_longer_than_run(seen: Schedules, expected: str) -> None:
    assert verdict(schedule_longer_than_run, seen) == expected


def test_milestones_past_the_end_are_a_note() -> None:
    (finding,) = schedule_longer_than_run.function(schedules(**DROPS))
    assert isinstance(finding, Finding)
    assert finding.severity == "note"


def test_a_member_is_judged_as_part_of_its_chain_only() -> None:
    members = (*schedules(**DECAY).all, *schedules(**DECAY, schedule=1).all)
    chain = replace(members[0], schedule=2, members=(0, 1))
    both = Schedules(members, finished=True, joined=(chain,))
    assert both.alone == (chain,)


SMALL = LONG | {"rates": rates(small_at_last=51), "rate": 1e-4}
CYCLE = {"kind": "OneCycleLR", "says": ScheduleSays("OneCycleLR", length=100), "rates": rates()}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (schedules(**SMALL), "found"),
        (schedules(**SMALL | {"rates": rates(small_at_last=50)}), "clear"),
        (schedules(**SMALL, finished=False), "clear"),
        (schedules(**SMALL | {"says": ScheduleSays(cyclic=True)}), "clear"),
        (schedules(**SMALL | {"rates": rates(small_at_last=51, zeros_at_last=51)}), "clear"),
        (schedules(**CYCLE, advanced=101, finished=False), "found"),
        (schedules(**CYCLE, advanced=100), "clear"),
        (Schedules((), finished=True), "unseen"),
    ],
)
def test_schedule_shorter_than_run(seen: Schedules, expected: str) -> None:
    assert verdict(schedule_shorter_than_run, seen) == expected


CHAIN = LONG | {"says": ScheduleSays("Chain", peak=0.1, chained=True), "rates": rates(highest=0.08, highest_at=40)}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (schedules(**CHAIN), "found"),
        (schedules(**CHAIN, finished=False), "found"),
        (schedules(**CHAIN | {"rate": 0.0795}), "clear"),
        (schedules(**CHAIN | {"rates": rates(highest=0.091)}), "clear"),
        (schedules(**with_says(CHAIN, chained=False)), "clear"),
        (schedules(**with_says(CHAIN, peak=None)), "clear"),
        (Schedules((), finished=True), "unseen"),
    ],
)
def test_warmup_multiplied_by_decay(seen: Schedules, expected: str) -> None:
    assert verdict(warmup_multiplied_by_decay, seen) == expected


LAST = LONG | {"rates": rates(zeros_at_last=3)}
FIRST = LONG | {"rates": rates(zeros_at_first=1)}


@pytest.mark.parametrize(
    ("seen", "zeros", "expected"),
    [
        (schedules(**LAST), 3, "warning"),
        (schedules(**LAST), 2, None),
        (schedules(**LAST, finished=False), 3, None),
        (schedules(**LAST | {"advanced": 66}), 3, None),
        (schedules(**LONG | {"rates": rates(zeros_at_last=2)}), 2, None),
        (schedules(**LAST, all_steps=300), 3, None),
        (schedules(**LAST | {"says": ScheduleSays(cyclic=True)}), 3, None),
        (schedules(**FIRST), 1, "note"),
        (schedules(**FIRST, finished=False), 1, "note"),
        (schedules(**LONG), 0, None),
    ],
)
def test_zero_rate_at_the_ends(seen: Schedules, zeros: int, expected: str | None) -> None:
    answers = learning_rate_zero.function(optimizers(zero_rate_steps=zeros), seen, updates(0.1))
    assert [a.severity for a in answers if isinstance(a, Finding)] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (layers(), "found"),
        (layers(ignored=2), "clear"),
        (layers(looks=2, ignored=2), "unseen"),
        (layers(of_torch=False), "unseen"),
        (LayerRates(()), "clear"),
    ],
)
def test_lr_scale_ignored(seen: LayerRates, expected: str) -> None:
    assert verdict(lr_scale_ignored, seen) == expected


def looks(*pairs: tuple[float, float], scales: tuple[float | None, float | None] = (0.5, 1.0)) -> EventLog:
    groups = [
        tuple(ParameterGroup(rate, 0.0, False, 1, 9, scale) for rate, scale in zip(pair, scales, strict=True))
        for pair in pairs
    ]
    return EventLog(tuple(optimizers(groups=group).all[0] for group in groups))


def test_scales_are_held_against_the_rates_of_every_look() -> None:
    facts = fold_layer_rates(looks((0.0, 0.0), (0.1, 0.1), (0.1, 0.2)))
    assert isinstance(facts, LayerRates)
    (scaled,) = facts.all
    assert (scaled.looks, scaled.ignored, scaled.scales, scaled.rate) == (2, 1, (0.5, 1.0), 0.1)


@pytest.mark.parametrize("scales", [(None, None), (None, 0.5), (1.0, 1.0)])
def test_groups_without_different_scales_are_none(scales: tuple[float | None, float | None]) -> None:
    assert fold_layer_rates(looks((0.1, 0.1), scales=scales)) == LayerRates(())


RISE = (0.01, 0.03, 0.05, 0.07, 0.09, 0.1, 0.1)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (course_of_rates(0.1, *RISE), "found"),
        (course_of_rates(0.1, 0.1, 0.1, *RISE), "found"),
        (course_of_rates(*[0.1] * 4, *RISE), "clear"),
        (course_of_rates(0.029, *RISE), "clear"),
        (course_of_rates(0.1, *RISE[:3]), "clear"),
        (course_of_rates(0.2, *RISE), "found"),
        (course_of_rates(0.21, *RISE), "clear"),
        (course_of_rates(0.09, *RISE), "clear"),
        (course_of_rates(0.1, 0.01, 0.05, 0.1, 0.1, 0.1), "clear"),
        (course_of_rates(0.1, 0.1, 0.1), "clear"),
        (course_of_rates(*RISE), "clear"),
    ],
)
def test_full_rate_before_warmup(seen: LossCourse, expected: str) -> None:
    assert verdict(full_rate_before_warmup, seen, optimizers()) == expected


def test_rates_of_several_optimizers_are_not_told_apart() -> None:
    both = OptimizersSeen((*optimizers().all, *optimizers(optimizer=1).all))
    assert verdict(full_rate_before_warmup, course_of_rates(0.1, *RISE), both) == "unseen"
    assert verdict(plateau_mode_reversed, plateau(1.0, 0.9), LOSSES, both) == "unseen"


def cosine(length: int, steps: int, floor: float = 0.0) -> LossCourse:
    return course_of_rates(*(floor + (1 - floor) * (1 + math.cos(math.pi * s / length)) / 2 for s in range(steps)))


PER_EPOCH = course_of_rates(*(rate for rate in cosine(14, 20).rates for _ in range(7)))
RESTART = course_of_rates(*(cosine(40, 40).rates * 2)[:60])
TRIANGLE = course_of_rates(*(0.05 + 0.95 * (1 - abs(s % 40 - 20) / 20) for s in range(58)))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (cosine(40, 60), "found"),
        (cosine(40, 50), "clear"),
        (cosine(40, 51), "found"),
        (cosine(40, 100), "clear"),
        (cosine(40, 60, floor=0.1), "found"),
        (cosine(40, 60, floor=0.11), "clear"),
        (PER_EPOCH, "found"),
        (RESTART, "clear"),
        (TRIANGLE, "clear"),
    ],
)
@pytest.mark.parametrize("kind", ["LambdaLR", None])
def test_a_function_of_the_programs_own_that_climbs_back(seen: LossCourse, expected: str, kind: str | None) -> None:
    made = Schedules((), finished=True) if kind is None else schedules(kind=kind)
    assert verdict(rate_rises_after_decay, made, seen, optimizers()) == expected


@pytest.mark.parametrize("says", [ScheduleSays(cyclic=True), ScheduleSays(library=True)])
def test_a_function_that_says_what_it_is_counts_as_that(says: ScheduleSays) -> None:
    assert (
        verdict(rate_rises_after_decay, schedules(kind="LambdaLR", says=says), cosine(40, 60), optimizers()) == "clear"
    )


OF_LIBRARY = {"kind": "LambdaLR", "advanced": 55, "rates": rates(lowest=0.0)}


@pytest.mark.parametrize(
    ("rate", "says", "expected"),
    [
        (0.0141, ScheduleSays(length=50, argument="n", library=True, cosine=True), "found"),
        (0.013, ScheduleSays(length=50, argument="n", library=True, cosine=True), "clear"),
        (0.0141, ScheduleSays(length=55, argument="n", library=True, cosine=True), "clear"),
        (0.0141, ScheduleSays(length=18, argument="n", library=True, cosine=True), "clear"),
        (0.0141, ScheduleSays(length=50, argument="n", library=True, cosine=True, cyclic=True), "clear"),
        (0.0141, ScheduleSays(length=50, argument="n", library=True), "clear"),
    ],
)
def test_a_cosine_of_transformers(rate: float, says: ScheduleSays, expected: str) -> None:
    seen = schedules(**OF_LIBRARY, rate=rate, says=says)
    assert verdict(rate_rises_after_decay, seen, course_of_rates(0.1), optimizers()) == expected


LOSSES = LossCourse(tuple(range(60)), tuple(2.0 - s / 50 for s in range(60)), (0.1,) * 60)
STILL = LossCourse(LOSSES.steps, (2.0,) * 60, LOSSES.rates)
FALLS = (2.0, 1.9, 1.8, 1.7, 1.65, 1.6)
RIGHT = (0.25, 0.3, 0.4, 0.45, 0.5, 0.55)


@pytest.mark.parametrize(
    ("given", "seen", "expected"),
    [
        (plateau(*FALLS), LOSSES, "found"),
        (plateau(*FALLS, cut_at=None), LOSSES, "clear"),
        (plateau(*FALLS[:4]), LOSSES, "unseen"),
        (plateau(*FALLS), STILL, "clear"),
        (plateau(*FALLS[:5], 1.61), LOSSES, "clear"),
        (plateau(2.0, 1.9, 2.0, 1.7, 1.65, 1.6), LOSSES, "clear"),
        (plateau(*FALLS, mode="min"), LOSSES, "clear"),
        (plateau(*(-v for v in FALLS)), LOSSES, "clear"),
        (plateau(*RIGHT, mode="min"), LOSSES, "found"),
        (plateau(*(100 * v for v in RIGHT), mode="min"), LOSSES, "found"),
        (plateau(*RIGHT, mode="max"), LOSSES, "clear"),
        (plateau(*RIGHT[:5], 0.5, mode="min"), LOSSES, "clear"),
        (plateau(0.1, *RIGHT[:4], 0.4, mode="min"), LOSSES, "found"),
        (plateau(*(v + math.pi / 1e3 * i * i for i, v in enumerate(RIGHT)), mode="min"), LOSSES, "clear"),
        (plateau(*(3 * v for v in RIGHT), mode="min"), LOSSES, "clear"),
        (Plateaus(()), LOSSES, "unseen"),
    ],
)
def test_plateau_mode_reversed(given: Plateaus, seen: LossCourse, expected: str) -> None:
    assert verdict(plateau_mode_reversed, given, seen, optimizers()) == expected
