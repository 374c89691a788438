"""Whether a sample gets the same answer in batches of other sizes, and from other neighbours."""

import torch
from torch import Tensor

from wellfit.model.events.deep import BatchSizesTried, SizeTried
from wellfit.observe.held_still import HeldCall, HeldStillProbe, has_moved
from wellfit.observe.side_run import attempt

SIZES = (1, 2, 3, 7)
"""One sample, two, an odd number, a prime that divides no usual size."""

FEWEST_ROWS = 3

MOST_REPLACED = 3
"""Samples that are replaced, one at a time."""


class BatchSizesProbe(HeldStillProbe):
    """Writes `BatchSizesTried`."""

    emits = (BatchSizesTried,)

    def look(self, call: HeldCall) -> None:
        """Call the model with the batch, with parts of it, and with samples replaced."""
        refused = _refusal(call)
        if refused:
            self.watch.emit(BatchSizesTried(call.kind, call.place, refused, call.rows, (), 0, 0, None))
            return
        whole, again = attempt(call.answer), attempt(call.answer)
        if not isinstance(whole, Tensor) or not isinstance(again, Tensor) or not whole.dim():
            reason = f"its call in evaluation mode gave {whole if isinstance(whole, str) else 'no numbers'}"
        elif whole.shape[0] != call.rows:
            reason = "its output has no row for each sample"
        elif bool(has_moved(whole, again).any()):
            reason = "its answers in evaluation mode differ from call to call"
        else:
            self._try(call, whole)
            return
        self.watch.emit(BatchSizesTried(call.kind, call.place, reason, call.rows, (), 0, 0, None))

    def _try(self, call: HeldCall, whole: Tensor) -> None:
        sizes = tuple(_try_size(call, whole, size) for size in SIZES if size < call.rows)
        replaced = [_moved_by(call, whole, row) for row in range(min(MOST_REPLACED, call.rows))]
        moved = [count for count in replaced if count is not None]
        width = next(
            (name for name, p in call.module.named_parameters() if p.dim() > 1 and call.rows in tuple(p.shape)), None
        )
        self.watch.emit(
            BatchSizesTried(call.kind, call.place, "", call.rows, sizes, len(moved), max(moved, default=0), width)
        )


def _refusal(call: HeldCall) -> str:
    if call.rows < FEWEST_ROWS:
        return "how many samples it was given is not known"
    strange = [t for t in call.given() if t.dim() > 1 and t.shape[0] != call.rows and call.rows in tuple(t.shape)]
    return f"it was given a tensor of shape {tuple(strange[0].shape)} besides" if strange else ""


def _try_size(call: HeldCall, whole: Tensor, size: int) -> SizeTried:
    part = call.mapped(lambda t: t[:size] if t.dim() and t.shape[0] == call.rows else t)
    made = attempt(part.answer)
    if not isinstance(made, Tensor):
        return SizeTried(size, made or "no answer", (), 0)
    wanted = (size, *whole.shape[1:])
    shape = tuple(made.shape)
    if shape != wanted:
        return SizeTried(size, None, shape, 0)
    moved = has_moved(whole[:size], made).reshape(size, -1).any(dim=1)
    return SizeTried(size, None, shape, int(moved.sum()))


def _moved_by(call: HeldCall, whole: Tensor, row: int) -> int | None:
    """How many answers of other samples move when one sample is replaced by another; None where all are alike."""
    first = call.first()
    if first is None:
        return None
    unlike = (first != first[row]).reshape(call.rows, -1).any(dim=1).nonzero().flatten()
    if not unlike.numel():
        return None
    other = int(unlike[0])

    def replaced(tensor: Tensor) -> Tensor:
        if not tensor.dim() or tensor.shape[0] != call.rows:
            return tensor
        changed = tensor.clone()
        changed[row] = tensor[other]
        return changed

    made = attempt(call.mapped(replaced).answer)
    if not isinstance(made, Tensor) or made.shape != whole.shape:
        return None
    moved = has_moved(whole, made).reshape(call.rows, -1).any(dim=1)
    return int(moved.sum() - moved[row].to(torch.int64))
