"""From the rates of a run to what is wrong with them: one function per problem, and one problem per cause."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from wellfit.schedules.declared import Declared
from wellfit.schedules.findings import Problem
from wellfit.schedules.simulate import Run
from wellfit.schedules.track import Rise, Track, rise_after_fall

ROUNDING = 1e-6
"""Share by which a bound may be missed: 0.1 ** 2 is a little more than 0.01."""

UNIT = 10
"""Times by which a length misses the calls before it counts another unit: an epoch is more batches than that."""

GONE = 1e-4
"""Share of the highest rate at which nothing is learned any more: a multistep recipe's last phase has 1e-3."""

GONE_SHARE = 0.25
"""Share of the run spent there that no decay needs: a power of 5 spends 0.16."""

REACHED = 0.9
"""Share of the peak that counts as reached: a chain of a warmup and a decay loses less where the warmup is short."""

HIGH = 1 / 3
"""Share of the peak that is no end of a decay: a cosine has it when 0.61 of its length has passed."""

LONGER = 1.1
"""Times the run by which a declared length must miss it; a few steps more do nothing."""

EARLY = 0.01
"""Share of the peak under which a rate must not fall in the first half: two drops to a tenth, and a third."""

MOST_ZEROS = 2
"""Steps at a rate of exactly 0 that are forgiven: the first of a warmup and the last of a decay."""

ZERO_SHARE = 0.01
"""Share of the run at a rate of exactly 0 that is more than a last step."""


@dataclass(frozen=True)
class Case:
    """All that is judged.

    Attributes:
        declared: what the scheduler says.
        run: its rates.
        tracks: the same, one for all groups that move alike.
        start: calls before the run began.
        calls: calls of `step()` in the whole run.
        asked_peaks: the peaks that were asked for, one per group; empty where none was.
        scales: `lr_scale` of each group that has one, by index.
    """

    declared: Declared
    run: Run
    tracks: list[Track]
    start: int
    calls: int
    asked_peaks: tuple[float, ...]
    scales: dict[int, float]

    @property
    def length(self) -> int | None:
        """Calls until the declared decay, or the first cycle, ends."""
        return self.declared.length or self.declared.first_cycle


def problems(case: Case) -> list[Problem]:
    """All problems; of those with one cause the one that names it."""
    found = [*_wrong_unit(case)] or [*_of_curve(case)]
    return [*found, *_stops(case), *_first_step_at_zero(case, noted=False), *_ignored_scale(case)]


def notes(case: Case) -> list[Problem]:
    """What is worth knowing and no problem."""
    return [*_first_step_at_zero(case, noted=True), *_past_the_end(case), *_partly_seen(case)]


def _of_curve(case: Case) -> Iterator[Problem]:
    rises = [*_rise_after_decay(case)]
    at_zero = [*_zero_rate(case)]
    low_peak = [*_peak_not_reached(case)]
    yield from (*rises, *at_zero, *low_peak)
    yield from () if low_peak else _ends_high(case)
    yield from () if rises or at_zero else _decays_early(case)


def _wrong_unit(case: Case) -> Iterator[Problem]:
    length, calls = case.length, case.calls
    if length and length >= UNIT * calls:
        saw = f"{case.declared.title} gets {calls:,} calls of step()"
        why = "its length counts batches, its calls count epochs"
        instead = f"scheduler.step() after every batch, or {_remedy(case)}"
        yield Problem("wrong_unit", case.start, saw, why, instead, {"length": length, "calls": calls})
        return
    for track in case.tracks:
        saw = _counted_in_epochs(case, track)
        if saw:
            why = "its length counts epochs, its calls count batches"
            instead = f"scheduler.step() once per epoch, or {_remedy(case)}"
            numbers = {"calls": calls, "last": track.last, "share_of_peak": track.last / track.highest}
            yield Problem("wrong_unit", _gone_at(case, track), saw, why, instead, numbers)
            return


def _counted_in_epochs(case: Case, track: Track) -> str:
    """What shows that a length is one of epochs; nothing where it is none."""
    says, ratio = case.declared, track.last / track.highest
    gone = track.share(GONE * track.highest, since=track.highest_at) > GONE_SHARE
    end = says.length or max(says.milestones, default=0)
    if end and not says.geometric:
        wrong = case.calls >= UNIT * end and (gone or ratio <= EARLY or _rise(case, track) is not None)
        return f"{says.title} has ended its decay after {end:,} of {case.calls:,} calls of step()" if wrong else ""
    wrong = not says.cyclic and (gone or (says.geometric and ratio < GONE * (1 - ROUNDING)))
    return f"{says.title} falls to {ratio:.1e} of its peak in {case.calls:,} calls of step()" if wrong else ""


def _gone_at(case: Case, track: Track) -> int:
    """Where the declared decay has ended, else where nothing is left of the rate."""
    end = case.declared.length or max(case.declared.milestones, default=0)
    if end and not case.declared.geometric:
        return end
    low = GONE * track.highest
    return next((step for step, rate in track.trained() if step >= track.highest_at and rate < low), track.steps[-1])


def _rise(case: Case, track: Track) -> Rise | None:
    return None if case.declared.cyclic else rise_after_fall(track, case.declared.boundaries)


def _rise_after_decay(case: Case) -> Iterator[Problem]:
    for track in case.tracks:
        rise = _rise(case, track)
        if rise:
            saw = f"the rate comes back from {rise.low:.3g} to {rise.high:.3g}"
            numbers = {"low": rise.low, "high": rise.high, "share_of_peak": rise.high / track.highest}
            if case.declared.length:
                saw += f", as {case.declared.title} gets {case.calls:,} calls of step()"
            why = "a rate that rises again undoes what the decay has settled"
            yield Problem("rise_after_decay", rise.step, saw, why, _remedy(case), numbers)
            return


def _peak_not_reached(case: Case) -> Iterator[Problem]:
    shares = {t: t.highest / case.asked_peaks[t.group] for t in case.tracks if case.asked_peaks and not case.start}
    track = max(shares, key=lambda t: shares[t], default=None)
    if track is None or shares[track] >= REACHED or case.declared.cyclic:
        return
    peak = case.asked_peaks[track.group]
    saw = f"the highest rate is {track.highest:.3g}, {shares[track]:.2f} of the {peak:.3g} asked for"
    why = "the warmup has not ended when the run does"
    if case.declared.chained:
        why = "a ChainedScheduler multiplies its members, so the decay runs during the warmup already"
    numbers = {"highest": track.highest, "peak": peak, "share_of_peak": shares[track]}
    yield Problem("peak_not_reached", track.highest_at, saw, why, _remedy(case), numbers)


def _ends_high(case: Case) -> Iterator[Problem]:
    milestones = case.declared.milestones
    length = min(milestones) if milestones else case.declared.length
    never = bool(milestones) and min(milestones) >= case.calls
    if case.declared.cyclic or not length or not (never or length > LONGER * case.calls):
        return
    for track in case.tracks:
        ratio = track.last / track.highest
        if ratio > HIGH:
            saw = f"the rate ends at {track.last:.3g}, {ratio:.2f} of its peak"
            saw += f": {case.declared.title} gets {case.calls:,} calls of step()"
            why = "the decay is longer than the run, so its low rates are never used"
            numbers = {"last": track.last, "share_of_peak": ratio, "length": length, "calls": case.calls}
            yield Problem("ends_high", case.calls - 1, saw, why, _remedy(case), numbers)
            return


def _zero_rate(case: Case) -> Iterator[Problem]:
    for track in case.tracks:
        zeros = [step for step, rate in track.trained() if rate == 0]
        share = track.share(0, since=case.start)
        if share > ZERO_SHARE and (case.calls - case.start) * share > MOST_ZEROS:
            saw = f"the rate is exactly 0 for {share:.0%} of the run"
            yield Problem(
                "zero_rate", zeros[0], saw, "nothing is learned there", _remedy(case), {"share_of_run": share}
            )
            return


def _first_step_at_zero(case: Case, *, noted: bool) -> Iterator[Problem]:
    alone = [track for track in case.tracks if not track.rates[0] and any(track.rates[1:2])]
    if alone and not case.start and noted == case.declared.hugging_face:
        saw = f"the rate is exactly 0 in the first of {case.calls:,} steps"
        instead = "(step + 1) / (warmup + 1) in the warmup, as wellfit.schedule(optimizer, ..., warmup=...) has it"
        yield Problem("first_step_at_zero", 0, saw, "its batch is wasted", instead, {"steps": 1})


def _decays_early(case: Case) -> Iterator[Problem]:
    half = case.start + (case.calls - case.start) / 2
    for track in case.tracks:
        step = track.below_for_good(EARLY * track.highest * (1 - ROUNDING))
        if step < half and not case.declared.cyclic and not case.start:
            saw = f"the rate is under 1% of its peak from step {step:,} of {case.calls:,} on"
            why = "the second half of the run, and more, moves next to nothing"
            yield Problem("decays_early", step, saw, why, _remedy(case), {"calls": case.calls})
            return


def _stops(case: Case) -> Iterator[Problem]:
    if case.run.failed_at is not None:
        length = case.declared.length
        call = length + 1 if length else case.run.failed_at
        saw = f"step() raises at call {call:,} of {case.calls:,}: {case.run.failure}"
        yield Problem("stops_early", call - 1, saw, "the run ends there", _remedy(case), {"call": call})


def _ignored_scale(case: Case) -> Iterator[Problem]:
    highest = [max(rates) for rates in case.run.rates]
    for one, other in pairwise(sorted(case.scales)):
        if case.scales[one] != case.scales[other] and highest[one] == highest[other]:
            saw = f"groups {one} and {other} have lr_scale {case.scales[one]:.3g} and {case.scales[other]:.3g}"
            saw += f" and the same highest rate, {highest[one]:.3g}"
            why = "only timm's own schedulers read lr_scale, so the layer-wise decay is off"
            instead = "multiply each group's lr by its lr_scale before the scheduler is made"
            yield Problem("ignored_lr_scale", case.start, saw, why, instead, {"groups": len(case.scales)})
            return


def _past_the_end(case: Case) -> Iterator[Problem]:
    late = [milestone for milestone in case.declared.milestones if milestone >= case.calls]
    if late and len(late) < len(case.declared.milestones):
        saw = f"{len(late)} of {len(case.declared.milestones)} milestones lie at or past the end, from {late[0]:,} on"
        why = "what they were to do does not happen"
        yield Problem("milestones_past_end", case.calls - 1, saw, why, _remedy(case), {"late": len(late)})


def _partly_seen(case: Case) -> Iterator[Problem]:
    if case.run.failed_at is None and case.run.seen < case.calls:
        saw = f"only the first {case.run.seen:,} of {case.calls:,} calls were made"
        yield Problem(
            "partly_seen", case.run.seen, saw, "this scheduler has no closed form", "a shorter run to check", {}
        )


def _remedy(case: Case) -> str:
    """What to write for a decay that ends with the run."""
    ours = f'wellfit.schedule(optimizer, "cosine", {case.calls}'
    if case.declared.chained or (case.declared.rises and not case.declared.argument):
        return f"{ours}, warmup=...), or a SequentialLR of the warmup and the decay"
    if case.declared.argument:
        return f"{case.declared.argument}={case.calls}"
    if case.declared.milestones:
        return f'wellfit.schedule(optimizer, "multistep", {case.calls}), whose milestones are shares of the run'
    if case.declared.geometric:
        return (
            f'wellfit.schedule(optimizer, "exponential", {case.calls}), which is gamma={0.01 ** (1 / case.calls):.6g}'
        )
    return f"{ours})"
