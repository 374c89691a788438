"""Whether a model that predicts the next value of a sequence sees that value."""

import torch
from torch import Tensor

from wellfit.model.events.deep import CausalityTried
from wellfit.observe.held_still import HeldCall, HeldStillProbe, has_moved
from wellfit.observe.side_run import attempt

SHORTEST = 4
"""Positions of a sequence."""

IGNORED = -100
"""The target that torch's losses leave out."""

FEWEST_EQUAL = 8
"""Targets that must be the next input, and none that is not."""


class CausalityProbe(HeldStillProbe):
    """Writes `CausalityTried`."""

    emits = (CausalityTried,)

    def look(self, call: HeldCall) -> None:
        """Where the targets are the inputs one position on, change late inputs and look at early answers."""
        for given in call.given():
            time = _time_dim(given, call.targets)
            if time is not None:
                self.watch.emit(_try(call, given, time))
                return
        self.watch.emit(_refuse(call, "no target is its input one position on"))


def _time_dim(given: Tensor, targets: list[Tensor]) -> int | None:
    """The dimension along which some targets are the next inputs."""
    if given.dim() < 2 or given.is_complex():  # noqa: PLR2004 - samples and positions
        return None
    for time in (1, 0):
        if given.shape[time] >= SHORTEST and any(_is_next(given, target, time) for target in targets):
            return time
    return None


def _is_next(given: Tensor, target: Tensor, time: int) -> bool:
    following = given.narrow(time, 1, given.shape[time] - 1)
    if bool((following == given.narrow(time, 0, given.shape[time] - 1)).all()):
        return False  # a constant is always its own successor
    if target.numel() == given.numel():
        target = target.reshape(given.shape).narrow(time, 0, given.shape[time] - 1)
    elif target.numel() != following.numel():
        return False
    target = target.reshape(following.shape)
    kept = target != IGNORED
    return int(kept.sum()) >= FEWEST_EQUAL and bool((target == following)[kept].all())


def _try(call: HeldCall, given: Tensor, time: int) -> CausalityTried:
    whole, again = attempt(call.answer), attempt(call.answer)
    before = _by_position(whole, given, time) if isinstance(whole, Tensor) else None
    repeated = _by_position(again, given, time) if isinstance(again, Tensor) else None
    if before is None or repeated is None:
        return _refuse(call, "its output has no answer for each position")
    if bool(has_moved(before, repeated).any()):
        return _refuse(call, "its answers in evaluation mode differ from call to call")
    length = given.shape[time]
    for changed in (length - 1, length // 2):
        made = attempt(_with_other(call, given, time, changed).answer)
        after = _by_position(made, given, time) if isinstance(made, Tensor) else None
        if after is None or after.shape != before.shape:
            return _refuse(call, "a call with one value changed gave something else")
        moved = has_moved(before, after).reshape(length, -1).any(dim=1)[:changed].nonzero().flatten()
        if moved.numel():
            return CausalityTried(call.kind, call.place, "", length, changed, int(moved[0]), int(moved.numel()))
    return CausalityTried(call.kind, call.place, "", length, length - 1, None, 0)


def _by_position(made: Tensor, given: Tensor, time: int) -> Tensor | None:
    """Answers with the positions along dimension 0."""
    outer = tuple(given.shape[:2])
    if tuple(made.shape[:2]) == outer:
        return made.movedim(time, 0)
    if made.dim() == 3 and (made.shape[0], made.shape[2]) == outer:  # noqa: PLR2004 - (N, C, T)
        return made.movedim(2, 0) if time == 1 else None
    if made.dim() == 2 and made.shape[0] == outer[0] * outer[1]:  # noqa: PLR2004 - (N * T, C)
        return made.reshape(*outer, -1).movedim(time, 0)
    return None


def _with_other(call: HeldCall, given: Tensor, time: int, position: int) -> HeldCall:
    """The call with the values at one position changed to others that the batch holds."""
    changed = given.clone()
    here = changed.select(time, position)
    least, greatest = given.min(), given.max()
    here.copy_(torch.where(here == greatest, least, greatest))
    return call.mapped(lambda tensor: changed if tensor is given else tensor)


def _refuse(call: HeldCall, reason: str) -> CausalityTried:
    return CausalityTried(call.kind, call.place, reason, 0, 0, None, 0)
