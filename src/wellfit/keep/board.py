"""The runs in TensorBoard: each one row of HPARAMS, written when somebody wants to look."""

import contextlib
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from wellfit.errors import RecordError, UsageError
from wellfit.keep.curves import told_in
from wellfit.runs.store import KeptRun, Store, read_all
from wellfit.runs.tensorboard.row import Curves, Point, write_row

FRESH_S = 5.0
"""Seconds between two looks for runs that have ended meanwhile."""

USUAL_PORT = 6006
PATTERN = "events.out.tfevents.*"


def write_rows(store: Store) -> Iterator[KeptRun]:
    """Write the row of each run that has ended and has none yet; a run that cannot be read or written is passed over.

    Args:
        store: of the runs.

    Yields:
        Each run whose row was written.
    """
    for run in read_all(store):
        if isinstance(run, RecordError) or run.record.status == "running" or any(run.folder.glob(PATTERN)):
            continue
        with contextlib.suppress(OSError, ValueError):  # the full disk; what protobuf does not take
            write_row(run.folder, run.record, _curves(run))
            yield run


def _curves(run: KeptRun) -> Curves:
    told = told_in(run.folder)
    if told is None:
        return {}
    return {name: [Point(p.step, p.value, p.elapsed_s) for p in points] for name, points in told.curves.items()}


def check_installed() -> None:
    """Raise where there is no TensorBoard.

    Raises:
        UsageError: it is not installed.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise UsageError("TensorBoard is not installed: `pip install 'wellfit[tensorboard]'`")


@contextlib.contextmanager
def serving(store: Store, port: int | None = None) -> Iterator[str]:
    """A TensorBoard of these runs, on this machine alone.

    Args:
        store: of the runs.
        port: of the server; None takes the usual one, or one that is free.

    Yields:
        Its address.
    """
    number = port or _free_port()
    words = [sys.executable, "-m", "tensorboard.main", "--logdir", str(store.folder)]
    words += ["--host", "127.0.0.1", "--port", str(number), "--reload_interval", str(int(FRESH_S))]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            _wait(server, number)
            yield f"http://127.0.0.1:{number}/#hparams"
        finally:
            server.terminate()


def _free_port() -> int:
    for port in (USUAL_PORT, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    return USUAL_PORT


def _wait(server: "subprocess.Popen[bytes]", port: int, longest_s: float = 60.0) -> None:
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise UsageError(f"TensorBoard did not start on port {port}: `python -m tensorboard.main` may say why")


def keep_fresh(store: Store) -> None:
    """Write rows of runs as they end, until interrupted."""
    while True:
        time.sleep(FRESH_S)
        for _ in write_rows(store):
            pass
