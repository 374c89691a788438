"""The server's side of trial runs: a Python that has imported what the script will, and forks itself for each.

It is started like the user's script, `python train.py ...`, and stops in `sitecustomize`, before the interpreter looks
at the script. A fork of it goes on from there: the interpreter runs the script as it always does, with torch imported
already, and on request what else the script imports. Nothing of a live training is ever forked.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys

from wellfit.script.imported import Notes
from wellfit.script.leading import leading_imports
from wellfit.script.variables import NURSERY_VARIABLE

POLL_S = 0.01
"""Seconds between two looks at a trial that runs."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def serve() -> None:
    """Fork a trial for each request until there are no more; returns in the forks alone."""
    gc.disable()  # what modules hold stays; going through it again and again takes a tenth of their imports
    requests, replies = (int(number) for number in os.environ.pop(NURSERY_VARIABLE).split(","))
    _import_once()
    _reply(replies, {"ready": True})
    for request in _lines(requests):
        if "ahead" in request:
            _import_ahead(**request["ahead"])
            _reply(replies, {"ahead": True})
            continue
        pid = os.fork()
        if not pid:
            os.close(requests)
            os.close(replies)
            _become(request)
            return
        _reply(replies, {"pid": pid})
        status = _wait(pid, requests)
        _reply(replies, {"exit_code": os.waitstatus_to_exitcode(status)})
    os._exit(0)


def _import_once() -> None:
    """Spare each fork the seconds of the imports that it will make anyway: torch, what its optimizers load, and us."""
    from importlib import import_module

    import_module("torch")
    for module in ("torch._dynamo", "wellfit.observe.arm", "wellfit.intervene.arm"):
        with contextlib.suppress(ImportError):  # a fork that needs it says so itself
            import_module(module)
    gc.freeze()  # what a fork never touches it need not copy


def _import_ahead(root: str, copy: str, allowed: list[str], notes: str | None) -> None:
    """Import what the script begins with, or what its first run has noted; returns in the process that serves on.

    Args:
        root: folder of the user, which is never written to.
        copy: folder that runs may change.
        allowed: more of them.
        notes: file of a run; None where there was none. Then nothing has been seen to write only where it may, and
            imports are made only where the kernel holds them to it.
    """
    from importlib import import_module

    from wellfit.script.ahead import Ahead, UnfitError

    guard = import_module("wellfit.intervene.guard").Guard(root, copy, tuple(allowed), lambda _: None)

    def confine() -> None:
        if not guard.confine() and notes is None:
            raise UnfitError("this kernel keeps no process from writing")

    folders, script = _users_own()
    ahead = Ahead(folders, confine)
    with contextlib.suppress(OSError, ValueError):
        if notes is None:
            ahead.make(leading_imports(_source(script), folders))
        else:
            with open(notes, encoding="utf-8") as file:
                noted = json.load(file)
            ahead.make_noted(noted)


def _users_own() -> tuple[tuple[str, ...], str]:
    """Folders whose modules a run finds before all others, and the script; the latter is empty for a module."""
    first = sys.argv[0] if sys.argv else ""
    if not first or first == "-m":
        return (os.getcwd(),), ""
    if os.path.isdir(first):
        return (first,), os.path.join(first, "__main__.py")
    return (os.path.dirname(os.path.realpath(first)),), first


def _source(script: str) -> bytes:
    if not script:
        return b""
    with open(script, "rb") as file:
        return file.read()


def _wait(pid: int, requests: int) -> int:
    """The status of a trial that has ended; one that nobody waits for any more is killed, and so are we.

    While a trial runs, nothing is asked of us: what can be read then is the end of those who ask.
    """
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        if select.select([requests], [], [], POLL_S)[0]:
            os.killpg(pid, signal.SIGKILL)
            os._exit(0)


def _lines(descriptor: int) -> Iterator[dict[str, Any]]:
    with os.fdopen(os.dup(descriptor), encoding="utf-8") as stream:
        for line in iter(stream.readline, ""):
            yield json.loads(line)


def _reply(descriptor: int, values: dict[str, Any]) -> None:
    os.write(descriptor, (json.dumps(values) + "\n").encode())


def _become(request: dict[str, Any]) -> None:
    """Make this fork the process that was asked for: in a group of its own, silent, with nobody to ask."""
    os.setsid()
    gc.enable()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(request["environment"])
    if request["arguments"] is not None:
        sys.argv[1:] = request["arguments"]  # the interpreter has not looked at them yet
    if request["notes"]:
        Notes(request["notes"]).begin()
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True)
