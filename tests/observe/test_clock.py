"""Steps, iterations, and which of them are looked at in full."""

from hypothesis import given
from hypothesis import strategies as st

from wellfit.observe.clock import Clock, is_sampled, next_curve_point


def sampled_steps(clock: Clock, order: list[int]) -> list[bool]:
    seen = []
    for optimizer in order:
        seen.append(clock.sampled)
        if clock.count(optimizer):
            clock.begin_iteration()
    return seen


def test_one_optimizer_is_sampled_at_powers_of_two() -> None:
    seen = sampled_steps(Clock(), [0] * 20)
    assert [i for i, full in enumerate(seen) if full] == [0, 1, 2, 4, 8, 16]


def test_two_optimizers_are_sampled_alike() -> None:
    order = [0, 1] * 40
    seen = sampled_steps(Clock(), order)
    counts = [sum(full for full, who in zip(seen, order, strict=True) if who == w) for w in (0, 1)]
    assert abs(counts[0] - counts[1]) <= 1


def test_asking_makes_the_next_iteration_full() -> None:
    clock = Clock()
    sampled_steps(clock, [0] * 9)
    clock.ask_for_full_iteration()
    assert sampled_steps(clock, [0] * 3) == [False, True, False]


def test_an_optimizer_that_stopped_is_no_longer_waited_for() -> None:
    clock = Clock()
    sampled_steps(clock, [0, 1] * 4)
    before = clock.iteration
    sampled_steps(clock, [0] * 800)
    assert clock.iteration - before > 600


@given(st.integers(min_value=3, max_value=20))
def test_curve_points_grow_with_the_logarithm(octaves: int) -> None:
    points = [0]
    while points[-1] < 2**octaves:
        points.append(next_curve_point(points[-1]))
    assert points[:128] == list(range(128))[: len(points)]
    assert len(points) <= 129 + 64 * octaves


def test_sampled_iterations_grow_with_the_logarithm() -> None:
    assert sum(is_sampled(i) for i in range(1_000_000)) == 21
