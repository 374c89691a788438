"""What a search for a learning rate found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from wellfit.find.leg import Leg
from wellfit.find.rates import set_rate
from wellfit.find.sweep import SweepPoint
from wellfit.model.lr import OptimizerRates, RacedPoint, RateAnswer, SweptPoint
from wellfit.report.chart import chart
from wellfit.report.rate_file import SUFFIXES, write


@dataclass(frozen=True)
class LrFound:
    """What `find_lr` returns; true where it has a rate, and readable when printed.

    Attributes:
        lr: the peak rate of the first parameter group; None unless the verdict is "ok" or "at the edge".
        lrs: of every group of every optimizer, in their order; empty where `lr` is None.
        multiplier: what every group's rate is to be multiplied by.
        interval: lowest and highest rate of the first group that the search cannot tell from the best, at 80 %.
        verdict: "ok", "at the edge", "flat", "diverged", "too few points" or "wide".
        reason: the verdict in a sentence.
        planned: optimizer steps of the run that the rate is for.
        steps: optimizer steps that the search took.
        seconds: that it took.
        default: the constant that most take for such an optimizer; None where there is none.
        default_excess: by which share of the best loss that one is expected to end higher; None where it is unknown.
        judged_on: which data the rates were judged on.
        repeats: rates of the first group that the longest legs lead to, one for each time that they were run on other
            batches; empty where `lr` is None.
        notices: why the rate may be off by more than it seems; a sentence each.
        base: the first group's rate as it was.
        kind: class of the first optimizer.
        sweep: loss over multiplier, one point a step.
        legs: of the race.
    """

    lr: float | None
    lrs: tuple[float, ...]
    multiplier: float | None
    interval: tuple[float, float] | None
    verdict: str
    reason: str
    planned: int
    steps: int
    seconds: float
    default: float | None
    default_excess: float | None
    judged_on: str
    repeats: tuple[float, ...]
    notices: tuple[str, ...]
    base: float
    kind: str
    sweep: tuple[SweepPoint, ...]
    legs: tuple[Leg, ...]

    def __bool__(self) -> bool:
        return self.lr is not None

    def __str__(self) -> str:
        return "\n".join(line for line in _lines(self) if line)

    def apply(self, optimizer: Optimizer | Sequence[Optimizer], scheduler: Any = None) -> None:
        """Write the rates into the groups, in the order in which the search had them.

        Where a scheduler is at work, the rates become its peaks and the groups stay where their schedule stands.

        Args:
            optimizer: the one, or all, that was searched for.
            scheduler: the one that drives it, if there is one already.

        Raises:
            ValueError: no rate was found, or there are other groups than there were; nothing is written.
        """
        groups = [g for o in ([optimizer] if isinstance(optimizer, Optimizer) else optimizer) for g in o.param_groups]
        if not self.lrs:
            raise ValueError(f"no learning rate was found ({self.verdict}): {self.reason}")
        if len(groups) != len(self.lrs):
            raise ValueError(f"found rates for {len(self.lrs)} parameter groups, got an optimizer with {len(groups)}")
        for group, rate in zip(groups, self.lrs, strict=True):
            share = float(group["lr"]) / float(group["initial_lr"]) if _is_scheduled(group) else 1.0
            set_rate(group, rate * share)
            if "initial_lr" in group:
                set_rate(group, rate, "initial_lr")
        if scheduler is not None:
            scheduler.base_lrs = [type(old)(rate) for old, rate in zip(scheduler.base_lrs, self.lrs, strict=True)]

    def save(self, file: str | Path) -> None:
        """Write what was found as a page, a picture or for other tools.

        Args:
            file: its name ends in .html, .png, .svg, .json or .txt; pictures take matplotlib.

        Raises:
            ValueError: the name ends otherwise.
            UsageError: a picture is asked for, and matplotlib is not installed.
            OSError: it cannot be written.
        """
        path = Path(file)
        if path.suffix not in SUFFIXES:
            raise ValueError(f"file must end in one of {', '.join(SUFFIXES)}, got {path.name!r}")
        write(_answer(self), path)

    def plot(self) -> str:
        """The losses of the sweep and of the longest legs over the first group's rate, as text."""
        longest = max((leg.steps for leg in self.legs), default=0)
        swept = [(self.base * p.multiplier, p.smoothed) for p in self.sweep]
        raced = [(self.base * leg.multiplier, leg.loss) for leg in self.legs if leg.steps == longest]
        return chart(swept, raced, self.lr)


def _is_scheduled(group: dict[str, Any]) -> bool:
    return bool(group.get("initial_lr"))


def _answer(found: LrFound) -> RateAnswer:
    """The same as it is told of a script."""
    lrs, bases = found.lrs, tuple(lr / found.multiplier for lr in found.lrs) if found.multiplier else (found.base,)
    return RateAnswer(
        script="",
        root="",
        verdict=found.verdict,
        reason=found.reason,
        optimizers=(OptimizerRates(found.kind, None, "", None, bases, lrs),),
        rate=found.lr,
        interval=found.interval,
        multiplier=found.multiplier,
        present=found.base,
        present_excess=None,
        default=found.default,
        default_excess=found.default_excess,
        planned=found.planned,
        planned_known=True,
        steps=found.steps,
        runs=1 + len(found.legs),
        seconds=found.seconds,
        judged_on=found.judged_on,
        swept=tuple(SweptPoint(found.base * p.multiplier, p.loss, p.smoothed) for p in found.sweep),
        raced=tuple(RacedPoint(found.base * leg.multiplier, leg.steps, leg.loss) for leg in found.legs),
        repeats=found.repeats,
        notices=found.notices,
    )


def _lines(found: LrFound) -> list[str]:
    cost = f"cost      {found.steps} optimizer steps for a run of {found.planned}, {found.seconds:.1f} s"
    if found.lr is None or found.interval is None:
        return [f"lr        none: {found.verdict}", f"why       {found.reason}", cost, found.plot()]
    low, high = found.interval
    others = "" if len(set(found.lrs)) < 2 else f"; all groups: {', '.join(f'{lr:.2g}' for lr in found.lrs)}"  # noqa: PLR2004
    return [
        f"lr        {found.lr:.2g}   ({low:.2g} to {high:.2g}){others}",
        f"verdict   {found.verdict}: {found.reason}",
        f"judged    on {found.judged_on}",
        _repeats_line(found),
        _default_line(found),
        cost,
        found.plot(),
        *(f"notice    {notice}" for notice in found.notices),
    ]


def _repeats_line(found: LrFound) -> str:
    if len(found.repeats) < 2:  # noqa: PLR2004
        return ""
    return f"repeats   {', '.join(f'{rate:.2g}' for rate in found.repeats)}, each on other batches"


def _default_line(found: LrFound) -> str:
    if found.default is None or found.default_excess is None:
        return ""
    return f"default   {found.default:g} is expected to end {found.default_excess:.0%} higher"
