"""Runs what may fail, and says how it failed without keeping anything of it alive."""

import traceback
from collections.abc import Callable
from typing import TypeVar

import torch

from wellfit.find.batch_size.probe import OUT_OF_MEMORY
from wellfit.observe.adapter import CPU_ALLOCATION_FAILURES

T = TypeVar("T")

LONGEST = 200
"""Characters of an exception's text that are said."""


def attempted(work: Callable[[], T]) -> tuple[T | None, str | None]:
    """Do some work.

    Args:
        work: may raise anything.

    Returns:
        What it returned and None, or None and how it failed: `OUT_OF_MEMORY`, or the exception in a line. The frames of
        an exception hold the tensors of the run that failed: they are cleared.
    """
    try:
        return work(), None
    except Exception as error:  # noqa: BLE001  # the user's training at a size that it was not made for
        failed = OUT_OF_MEMORY if is_out_of_memory(error) else in_a_line(error)
        traceback.clear_frames(error.__traceback__)
    return None, failed


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was refused: an accelerator's has a class of its own, a CPU's has a text of torch's allocator."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in CPU_ALLOCATION_FAILURES)


def in_a_line(error: BaseException) -> str:
    """An exception's class and the first line of its text."""
    text = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {text[:LONGEST]}" if text else type(error).__name__
