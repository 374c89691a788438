"""Asks git, in a process of its own that ends in time and changes nothing."""

import contextlib
import io
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from wellfit.errors import GitError

SET_ASIDE = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)
"""Variables that git is asked without: the code that runs lies in the folder, whichever repository a variable names. A
hook leaves them behind for its own, half-written index, and who repeats the run has the folder and not the variables.
Those of the configuration stay: without them a folder may be refused that the user has called safe."""

_FIXED = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone would go to the network for what it lacks
    "LC_ALL": "C",
    "LANGUAGE": "C",
}

_GLOBAL = (
    "--no-optional-locks",
    "--no-pager",
    "-c",
    "core.quotepath=off",
    "-c",
    "core.fsmonitor=false",  # a program of the repository's choice, or a daemon that would outlive us
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "color.ui=never",
)

TIMEOUT_S = 5.0
"""For one call; on a small repository one takes some 5 ms."""

MOST_BYTES = 64 * 2**20
"""Of one answer that is held in memory: the state of about a million files."""

_CHUNK = 2**16


def ask(folder: Path, *words: str, timeout_s: float = TIMEOUT_S) -> bytes:
    """What git says, in whole.

    Args:
        folder: that it is asked in.
        words: its arguments.
        timeout_s: seconds after which it is ended.

    Raises:
        GitError: it is not there, failed, said more than `MOST_BYTES`, or did not end in time.
    """
    said = io.BytesIO()
    stream(folder, words, said, most=MOST_BYTES, timeout_s=timeout_s)
    return said.getvalue()


def stream(folder: Path, words: Sequence[str], sink: IO[bytes], *, most: int, timeout_s: float = TIMEOUT_S) -> None:
    """Write what git says to a file, `most` bytes and one chunk at most.

    Raises:
        GitError: it is not there, failed, said more than `most` bytes, or did not end in time.
        OSError: the file cannot be written.
    """
    with (
        TemporaryFile() as complaints,
        _started(folder, words, complaints) as process,
        _limited(process, timeout_s) as late,
    ):
        size = _copy(process, sink, most)
        if size > most:
            raise GitError(f"git {words[0]} said more than {most:,} bytes")
        code = process.wait()
        if late.is_set():
            raise GitError(f"git {words[0]} did not end within {timeout_s:g} s")
        if code:
            complaints.seek(0)
            raise GitError(_reason(words[0], code, complaints.read(_CHUNK)))


def environment() -> dict[str, str]:
    """The variables that git is asked with."""
    kept = {name: value for name, value in os.environ.items() if name not in SET_ASIDE}
    return {**kept, **_FIXED}


def text_of(path: bytes) -> str:
    """A file name as text, with each byte that is no UTF-8 as a lone surrogate, whatever the locale."""
    return path.decode("utf-8", "surrogateescape")


def bytes_of(path: str) -> bytes:
    """The bytes of a name that `text_of` made."""
    return path.encode("utf-8", "surrogateescape")


@contextlib.contextmanager
def _started(folder: Path, words: Sequence[str], complaints: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(  # noqa: S603 - our own words
            ["git", *_GLOBAL, *words],  # noqa: S607 - the git that the user's shell would find
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,  # ended with all that it started
        )
    except FileNotFoundError as error:
        missing = "git is not installed" if Path(folder).is_dir() else f"{folder} is no folder"
        raise GitError(missing) from error
    except OSError as error:
        raise GitError(f"git cannot be started: {error.strerror}") from error
    try:
        yield process
    finally:
        _end(process)


@contextlib.contextmanager
def _limited(process: subprocess.Popen[bytes], timeout_s: float) -> Iterator[threading.Event]:
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(timeout_s, stop)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _copy(process: subprocess.Popen[bytes], sink: IO[bytes], most: int) -> int:
    assert process.stdout is not None  # noqa: S101 - asked for above
    size = 0
    while size <= most and (chunk := process.stdout.read(_CHUNK)):
        sink.write(chunk)
        size += len(chunk)
    return size


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    if process.stdout is not None:
        process.stdout.close()
    process.wait()


def _reason(word: str, code: int, complaint: bytes) -> str:
    lines = [line for line in complaint.decode("utf-8", "replace").splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    said = fatal[0].split(":", 1)[-1].strip() if fatal else "nothing"
    return f"git {word} ended with code {code}: {said}"
