"""The learning rate of a setting."""

from collections.abc import Sequence

from wellfit.fix.calls import argument_of, find_optimizer
from wellfit.fix.draft import RefusedError
from wellfit.fix.rates import PEAKS, rate_changes
from wellfit.fix.settings.literals import spelled
from wellfit.fix.settings.values import Files, value_change
from wellfit.model.change import Change
from wellfit.model.events.rates import RatesSeen
from wellfit.model.lr import OptimizerRates


def rate_edit(files: Files, rates: Sequence[RatesSeen], peak: float) -> tuple[Change, ...]:
    """All optimizers get their rates times what the main one's highest is to be moved by.

    Args:
        files: of the program.
        rates: of the optimizers, the main one first.
        peak: that its highest rate is to be.

    Raises:
        RefusedError: a rate is not written where it could be exchanged.
    """
    multiplier = peak / max(rates[0].peaks)
    found = [_found(one, multiplier) for one in rates]
    try:
        return rate_changes(found, files.project, spelled)
    except RefusedError:
        if len(found) > 1 or len(set(found[0].peaks)) > 1 or found[0].by_hand or found[0].scheduler in PEAKS:
            raise
    program = files.project.program(found[0].made_at)
    given = argument_of(find_optimizer(program, found[0].made_at), 1, "lr")
    if given is None:
        raise RefusedError("the optimizer is made without a learning rate")
    return (value_change(files, program, given.value, found[0].found[0]),)


def _found(seen: RatesSeen, multiplier: float) -> OptimizerRates:
    found = tuple(peak * multiplier for peak in seen.peaks)
    return OptimizerRates(
        seen.kind, seen.made_at, seen.scheduler, seen.scheduled_at, seen.peaks, found, by_hand=seen.by_hand
    )
