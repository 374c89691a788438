"""Starts one command, and ends it with all that it started once nobody wants it any more.

Run by its path with `-E -S`, so that it is no armed process itself: `keeper.py OUTPUT WORDS...`. The end of its
standard input says that the command is to end; whoever asked may have been killed. Launchers start their processes in
groups and sessions of their own, so each is found by its parent.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress

POLL_S = 0.05
"""Seconds between two looks at the command."""


def main() -> None:
    """Be the keeper; the exit code of the command is written to standard output."""
    with open(sys.argv[1], "ab") as output:
        child = subprocess.Popen(  # noqa: S603 - the user's own command
            sys.argv[2:], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    while child.poll() is None:
        if select.select([0], [], [], POLL_S)[0]:
            end_with_all(child.pid)
            child.wait()
            return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)  # what it left behind
    os.write(1, f"{child.returncode}\n".encode())


def end_with_all(pid: int) -> None:
    """Kill a process with all that it started, however deep.

    All are stopped first, parents before children, so that none starts another one or is orphaned meanwhile.
    """
    stopped: list[int] = []
    while fresh := [one for one in (pid, *_below(pid)) if one not in stopped]:
        for one in fresh:
            _send(one, signal.SIGSTOP)
        stopped += fresh
    for one in stopped:
        _send(one, signal.SIGKILL)


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _below(pid: int) -> list[int]:
    """Processes that it has started, and those that these have, and so on; none where the system does not tell."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        with suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(name))
    found: list[int] = []
    left = [pid]
    while left:
        below = parents.get(left.pop(), [])
        found += below
        left += below
    return found


if __name__ == "__main__":
    main()
