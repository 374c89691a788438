"""Peak memory at a batch size as shapes foretell it: two training steps with tensors that have no memory."""

import copy
from collections.abc import Callable
from typing import Any

from torch import Tensor

from wellfit.find.batch_size.child import can_fork, in_child
from wellfit.find.batch_size.examples import Examples
from wellfit.find.loop import Loop
from wellfit.observe.adapter import fake_memory_tools

STEPS = 2
TIMEOUT_S = 30.0


def shape_of(loop: Loop, examples: Examples, size: int) -> Callable[[int], int] | None:
    """The line of foretold peaks.

    Args:
        loop: is not touched: all happens in a child.
        examples: give the batches whose shapes count.
        size: one of the two sizes it goes through, the other is twice as large; 2 * size <= examples.

    Returns:
        Foretold bytes by size; None where the training asks a tensor for its values, or this torch cannot tell.
    """
    if not can_fork():
        return None
    sizes = (size, 2 * size)
    work = lambda: [foretold_bytes(loop, examples.longest(n)) for n in sizes]  # noqa: E731  # it has no name of its own
    peaks, _, failed = in_child(work, room_bytes=None, timeout_s=TIMEOUT_S)
    if failed is not None or None in peaks or peaks[1] <= peaks[0]:
        return None
    slope = (peaks[1] - peaks[0]) / size
    return lambda n: int(peaks[0] + slope * (n - size))


def foretold_bytes(loop: Loop, batch: Any) -> int | None:
    """Bytes of all tensors alive at once, at the most, in two training steps.

    Args:
        loop: its model, loss and optimizers are copied into fake tensors.
        batch: a real one.
    """
    tools = fake_memory_tools()
    if tools is None:
        return None
    fake_mode, copy_mode, tracker_class = tools
    mode = fake_mode(allow_non_fake_inputs=True)
    with copy_mode(mode):
        model, loss, optimizers = copy.deepcopy((loop.model, loop.loss, list(loop.optimizers)))
        fake = faked(batch, mode)
    with mode:
        fake_loop = Loop(model, loss, optimizers, loop.start, None, loop.accumulate)
        tracker = tracker_class()
        tracker.track_external(model, *optimizers)
        with tracker:
            for step in range(STEPS):
                fake_loop.run(1, lambda: fake)
                if step == 0:
                    tracker.reset_mod_stats()
    return sum(int(kinds["Total"]) for kinds in tracker.get_tracker_snapshot("peak").values())


def faked(batch: Any, mode: Any) -> Any:
    """The same batch of tensors without memory."""
    if isinstance(batch, Tensor):
        return mode.from_tensor(batch)
    if isinstance(batch, dict):
        return type(batch)((key, faked(value, mode)) for key, value in batch.items())
    if isinstance(batch, (tuple, list)):
        members = [faked(value, mode) for value in batch]
        return type(batch)(*members) if hasattr(batch, "_fields") else type(batch)(members)
    return batch
