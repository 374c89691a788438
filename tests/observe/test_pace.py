"""Which steps a lean watch hears: by their number alone, and more as time allows."""

import itertools
import time

from wellfit.observe.pace import ALL_HEARD, FIRST_DUE, HEARD_PER_OCTAVE, SHARE, Pace


def heard(steps: int) -> list[int]:
    pace, found = Pace(), []
    for step in range(steps):
        if pace.is_regular(step):
            found.append(step)
        pace.pass_by(step)
    return found


def test_the_first_steps_are_heard() -> None:
    assert heard(200)[:ALL_HEARD] == list(range(ALL_HEARD))


def test_later_steps_are_heard_ever_more_seldom() -> None:
    found = heard(1 << 17)
    for octave in range(5, 17):
        within = [step for step in found if 1 << octave <= step < 2 << octave]
        assert HEARD_PER_OCTAVE // 2 <= len(within) <= HEARD_PER_OCTAVE + 2
    assert all(after - before <= before // HEARD_PER_OCTAVE + 1 for before, after in itertools.pairwise(found))


def test_what_recurs_is_heard_first_and_where_its_count_doubles_at_whatever_cost() -> None:
    pace = Pace()
    pace.spent_s = 1e9
    allowed = [count for count in range(200) if pace.allows(count, 0.0)]
    assert allowed == [*range(FIRST_DUE), 8, 16, 32, 64, 128]


def test_more_is_heard_as_time_allows() -> None:
    pace = Pace()
    pace._born_s = time.monotonic() - 100.0  # this process may have worked for long
    assert pace.allows(9, 0.9 * SHARE * 100.0)
    assert not pace.allows(9, 1.5 * SHARE * 100.0)
    pace.spent_s = 0.5 * SHARE * 100.0
    assert not pace.allows(9, 0.9 * SHARE * 100.0)


def test_seconds_of_the_start_do_not_count() -> None:
    pace = Pace()
    pace.spent_s = 3.0
    pace.rest()
    assert pace.spent_s == 0.0
    pace.spent_s = 3.0
    pace.rest()
    assert pace.spent_s == 3.0
