"""Signals while the child runs: each one reaches it exactly once, whoever it was sent to."""

import contextlib
import itertools
import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

_FORWARDED = ("SIGTERM", "SIGHUP")
_CANARY_S = 0.5
"""How long the canary may take to report; it sleeps in a system call, so microseconds are the rule."""
_DESCRIPTORS = 1024
"""File descriptors below this are closed in the canary, so that no reader of our output waits for it."""


class Passing:
    """Passes on to the child what was sent to this process alone."""

    def __init__(self, canary: int | None) -> None:
        self._canary = canary
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def to(self, child: subprocess.Popen[bytes]) -> None:
        """Name the child; what came before it started is delivered now."""
        self._child = child
        for number in self._early:
            child.send_signal(number)

    def forward(self, number: int, _frame: FrameType | None = None) -> None:
        """Send the signal on."""
        if self._child is None:
            self._early.append(number)
        else:
            self._child.send_signal(number)

    def interrupt(self, number: int, _frame: FrameType | None = None) -> None:
        """Send the interrupt on, unless the whole process group got it, as from a terminal."""
        if self._canary is not None and not _heard(self._canary):
            self.forward(number)


def _heard(canary: int) -> bool:
    ready, _, _ = select.select([canary], [], [], _CANARY_S)
    return bool(ready and os.read(canary, 1))


@contextlib.contextmanager
def ending_cleanly() -> Iterator[None]:
    """Let a SIGTERM end this process by an exception, so that what was begun inside the block is cleaned up."""

    def leave(number: int, _frame: FrameType | None = None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def passing_signals() -> Iterator[Passing]:
    """Pass signals on inside the block; the handlers from before come back after it.

    Outside the main thread Python allows no handlers, and signals are left alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield Passing(None)
        return
    with _canary() as canary:
        passing = Passing(canary)
        before: dict[int, Any] = {}
        # Handlers, not SIG_IGN: a child inherits what is ignored. What we ignore ourselves (nohup) it shall inherit.
        for name, handler in (("SIGINT", passing.interrupt), *((n, passing.forward) for n in _FORWARDED)):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, handler)
        try:
            yield passing
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def _canary() -> Iterator[int | None]:
    """A process in our group that does nothing but report interrupts: it hears those that were sent to the group.

    Yields:
        The pipe that a byte comes out of for every interrupt it heard; None where processes cannot fork.
    """
    if not hasattr(os, "fork"):
        yield None
        return
    (heard, tell), (alive, hold) = os.pipe(), os.pipe()
    ready = os.fork()
    if ready == 0:
        _be_canary(tell, alive)
    os.close(tell)
    os.close(alive)
    try:
        yield heard
    finally:
        os.close(hold)
        os.close(heard)
        os.waitpid(ready, 0)


def _be_canary(tell: int, alive: int) -> None:
    """Report interrupts until the other end of `alive` closes, by whatever end our parent comes to."""
    try:
        signal.signal(signal.SIGINT, lambda *_: os.write(tell, b"!"))
        for low, high in itertools.pairwise([-1, *sorted((tell, alive)), _DESCRIPTORS]):
            os.closerange(low + 1, high)
        os.read(alive, 1)
    finally:
        os._exit(0)
