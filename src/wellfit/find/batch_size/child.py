"""One run in a forked child, so that what memory ends is the child and not the search."""

import json
import os
import resource
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import torch

from wellfit.find.batch_size.attempt import attempted
from wellfit.find.batch_size.probe import OUT_OF_MEMORY
from wellfit.script.memory import mapped_bytes, peak_bytes, reset_peak


def can_fork() -> bool:
    """Whether a child can run this process's training: not where threads of an accelerator would be missing in it."""
    return sys.platform == "linux" and not torch.cuda.is_initialized()


def in_child(work: Callable[[], Any], *, room_bytes: int | None, timeout_s: float) -> tuple[Any, int, str | None]:
    """Do some work in a forked child.

    Args:
        work: returns what JSON can carry.
        room_bytes: memory that the child may take beyond what it begins with; None for no limit.
        timeout_s: seconds after which it is ended.

    Returns:
        What the work returned or None, the most bytes it took beyond those it began with, and how it failed or None.
    """
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the child does not wait for
        child = os.fork()
    if child == 0:
        os.close(reader)
        _work(work, writer, room_bytes)
    os.close(writer)
    said: bytes | None = None
    try:
        said = _read(reader, time.monotonic() + timeout_s)
    finally:
        os.close(reader)
        if said is None:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if said:
        result, taken, failed = json.loads(said)
        return result, int(taken), failed
    return None, 0, f"took more than {timeout_s:g} s" if said is None else _how_it_ended(status)


def _work(work: Callable[[], Any], writer: int, room_bytes: int | None) -> NoReturn:
    """All that the child does; it never returns into the program that it is a copy of."""
    try:
        torch.set_num_threads(1)  # before anything else: threads of the parent's pools do not exist here
        _be_quiet()
        began = reset_peak()
        limit_memory(room_bytes)
        result, failed = attempted(work)
        os.write(writer, json.dumps((result, max(0, peak_bytes() - began), failed)).encode())
    finally:
        os._exit(0)  # exit handlers, buffers and threads are the parent's


def limit_memory(room_bytes: int | None) -> None:
    """Refuse this process more memory of its own than so many bytes beyond what it has."""
    mapped = mapped_bytes()
    if room_bytes is None or mapped is None:
        return
    most = mapped + room_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _be_quiet() -> None:
    """What the user's training prints was not asked for so many times."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends the child
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)


def _read(reader: int, deadline: float) -> bytes | None:
    """All that the child says; None where it is not done by then."""
    parts: list[bytes] = []
    while True:
        ready, _, _ = select.select([reader], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        part = os.read(reader, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _how_it_ended(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return "its process ended early"
    number = os.WTERMSIG(status)
    return OUT_OF_MEMORY if number == signal.SIGKILL else f"its process was ended by {signal.Signals(number).name}"
