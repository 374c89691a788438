"""What an import may leave behind in its process that a fork would not have from an import of its own."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import signal
import sys
import threading

from wellfit.script.bound import standing_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

TASKS = "/proc/self/task"
_DEVICES = ("cuda", "xpu", "mps")
_MASKS = ("SigBlk", "SigIgn", "SigCgt")


def can_be_seen() -> bool:
    """Whether this system tells how many threads a process has."""
    return os.path.isdir(TASKS)


def traces() -> dict[str, Any]:
    """All that is compared before and after an import, by a name that a sentence can hold."""
    return {
        "random numbers": _generators(),
        "signal handlers": _signals(),
        "open files": _files(),
        "files in the working folder": _entries(),
        "the path of imports": list(sys.path),
        "the working folder": os.getcwd(),
        "a device": _devices(),
    }


@contextlib.contextmanager
def compiled() -> Iterator[list[str]]:
    """Notice what is compiled inside the block: runs compile nothing, and set that up before they import.

    Yields:
        names of what was, filled when it is.
    """
    import torch

    original = torch.compile
    found: list[str] = []

    @functools.wraps(original)
    def compile_noticed(*args: Any, **kwargs: Any) -> Any:
        found[:] = ["what torch.compile made"]
        return original(*args, **kwargs)

    with standing_in(torch, {"compile": compile_noticed}):  # Lightning puts a function of its own around it
        yield found


def left_by_fork() -> str | None:
    """What does not bear a fork, found out by one: threads that outlive it, and devices that it shuts.

    A library that prepares for forks ends its threads before one, as those of BLAS do; they come again when they are
    needed.

    Returns:
        in words; None where all does.
    """
    pid = os.fork()
    if not pid:
        os._exit(_shut())
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status):
        return "a device that cannot be used in a fork"
    if len(os.listdir(TASKS)) > 1 or threading.active_count() > 1:
        return "threads"
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return "a process"


def _shut() -> int:
    """1 in a fork in which some device cannot be used; 0 else."""
    import torch

    rooms = (getattr(torch, name, None) for name in _DEVICES)
    askers = (getattr(room, "_is_in_bad_fork", None) for room in rooms)
    return int(any(ask() for ask in askers if ask is not None))


def _devices() -> tuple[bool, ...]:
    import torch

    rooms = (getattr(torch, name, None) for name in _DEVICES)
    askers = (getattr(room, "is_initialized", None) for room in rooms)
    return tuple(bool(ask()) for ask in askers if ask is not None)


def _generators() -> tuple[Any, ...]:
    import numpy as np
    import torch

    drawn = str(np.random.get_state(legacy=False))  # noqa: NPY002 - the generator that programs use
    return random.getstate(), drawn, torch.get_rng_state().numpy().tobytes()


def _signals() -> tuple[Any, ...]:
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        masks = [line for line in file if line.startswith(_MASKS)]
    return masks, [signal.getsignal(number) for number in sorted(signal.valid_signals())]


def _files() -> dict[str, str]:
    folder = "/proc/self/fd"
    found = {}
    for name in os.listdir(folder):
        try:
            found[name] = os.readlink(f"{folder}/{name}")
        except OSError:  # the one of the listing itself
            continue
    return found


def _entries() -> list[tuple[str, int]]:
    with os.scandir() as entries:
        return sorted((entry.name, entry.stat(follow_symlinks=False).st_mtime_ns) for entry in entries)
