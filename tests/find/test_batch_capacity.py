"""The largest size that fits is found from below, whatever the curve of memory over size looks like."""

import random
from collections.abc import Callable

import pytest

from wellfit.find.batch_size.capacity import search_capacity
from wellfit.find.batch_size.probe import OUT_OF_MEMORY, Probe

LIMIT = 500_000_000


def under_limit(peak: Callable[[int], float], limit: int = LIMIT) -> Callable[[int], Probe]:
    """Runs of a program that fails above the limit."""

    def probe(size: int) -> Probe:
        if peak(size) > limit:
            return Probe(size, 0, OUT_OF_MEMORY)
        return Probe(size, int(peak(size)), None, 0.01 * size)

    return probe


def largest(peak: Callable[[int], float], limit: float) -> int:
    low, high = 0, 1 << 30
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if peak(middle) <= limit else (low, middle)
    return low


@pytest.mark.parametrize("fixed", [10_000, 10_000_000, 450_000_000])
@pytest.mark.parametrize("each", [100, 10_000, 3_000_000])
@pytest.mark.parametrize("start", [1, 8])
@pytest.mark.parametrize("scale", [None, 0.6, 1.0])
def test_a_line_is_climbed_without_a_failure(fixed: int, each: int, start: int, scale: float | None) -> None:
    def peak(size: int) -> float:
        return fixed + each * size

    shape = None if scale is None else (lambda size: int(scale * peak(size)))
    found = search_capacity(under_limit(peak), start=start, most=10**8, limit_bytes=LIMIT, shape=shape)
    true = largest(peak, 0.99 * LIMIT)
    assert found.out_of_memory == 0
    assert 0.97 * true - 1 <= found.size <= true
    assert len(found.probes) <= 9
    assert found.ended == "memory"


@pytest.mark.parametrize("seed", range(12))
def test_peaks_that_scatter(seed: int) -> None:
    noise = random.Random(seed)

    def peak(size: int) -> float:
        return (10_000_000 + 30_000 * size) * (1 + noise.gauss(0, 0.003))

    found = search_capacity(under_limit(peak), start=1, most=10**8, limit_bytes=LIMIT)
    true = (LIMIT - 10_000_000) / 30_000
    assert found.out_of_memory == 0
    assert 0.96 * true <= found.size <= true


def test_a_bent_curve_ends_near_the_largest() -> None:
    def peak(size: int) -> float:
        return 1_000_000 + 10_000 * size + 0.2 * size**2

    found = search_capacity(under_limit(peak), start=1, most=10**8, limit_bytes=LIMIT)
    assert 0.96 <= found.size / largest(peak, 0.99 * LIMIT) <= 1


def test_the_size_is_one_that_ran_within_the_limit() -> None:
    found = search_capacity(under_limit(lambda size: 10**6 * size), start=3, most=10**8, limit_bytes=LIMIT)
    assert any(p.size == found.size and p.failed is None and p.peak_bytes <= 0.99 * LIMIT for p in found.probes)


def test_no_size_above_the_data() -> None:
    found = search_capacity(under_limit(lambda size: 1000 * size), start=8, most=1200, limit_bytes=LIMIT)
    assert (found.size, found.ended) == (1200, "most")
    assert max(p.size for p in found.probes) == 1200


def test_a_start_that_does_not_fit_is_halved() -> None:
    found = search_capacity(under_limit(lambda size: 10_000_000 * size), start=400, most=1000, limit_bytes=LIMIT)
    assert found.size in {48, 49}


def test_nothing_fits() -> None:
    found = search_capacity(under_limit(lambda _: 2 * LIMIT), start=4, most=64, limit_bytes=LIMIT)
    assert (found.size, found.ended) == (None, "nothing fits")
    assert "a batch of 1 exceeds the limit of 477 MiB" in found.reason


def test_another_failure_ends_the_search_with_its_reason() -> None:
    def probe(size: int) -> Probe:
        return Probe(size, 1000 * size) if size < 100 else Probe(size, 0, "IndexError: index 100 is out of bounds")

    found = search_capacity(probe, start=1, most=10_000, limit_bytes=LIMIT)
    assert found.ended == "failed"
    assert "IndexError: index 100 is out of bounds" in found.reason
    assert found.size is not None
    assert found.size < 100


def test_without_a_limit_sizes_are_doubled_until_one_fails() -> None:
    found = search_capacity(under_limit(lambda size: 1_000_000 * size), start=1, most=10**6, limit_bytes=None)
    assert 0.97 * 500 <= found.size <= 500
    assert found.out_of_memory >= 1


def test_steps_that_take_too_long_are_not_run() -> None:
    found = search_capacity(under_limit(lambda size: 1000 * size), start=1, most=10**6, limit_bytes=LIMIT, slowest_s=2)
    assert found.ended == "time"
    assert 190 <= found.size <= 200


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"start must be >= 1, got 0; most must be >= 1, got -1; margin must lie"):
        search_capacity(under_limit(float), start=0, most=-1, limit_bytes=1, margin=1.0)


def test_no_margin_is_left_of_what_is_in_use_before() -> None:
    """A tenth of the 100,000 bytes beside them, not of the million."""
    found = search_capacity(
        lambda size: Probe(size, 900_000 + 100 * size), start=8, most=10**6, limit_bytes=1_000_000, base_bytes=900_000,
        margin=0.1,
    )  # fmt: skip
    assert 0.985 * 900 <= found.size <= 900
