"""Where on this machine each of several workers runs: cores and GPUs shared out evenly."""

import math
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from wellfit.errors import UsageError

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_LONGEST_S = 5.0
_LISTED = re.compile(r"(?P<mig>\s+MIG )?.*\(UUID: (?P<uuid>[^)\s]+)\)")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """That this process may use, by its affinity and by the quota of its control group."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota() or allowed))


def _quota() -> int | None:
    """Cores' worth of time that a container may take; None where there is no limit."""
    try:
        time_us, period_us = _QUOTA.read_text(encoding="ascii").split()
        return math.ceil(int(time_us) / int(period_us))
    except (OSError, ValueError):  # no such group, or "max", which is no number
        return None


def gpus() -> tuple[str, ...]:
    """Those that workers may use, as CUDA_VISIBLE_DEVICES names them; empty where there are none.

    Names are those that the variable has already, else UUIDs: CUDA counts the fastest first, and `nvidia-smi` by their
    place on the bus. A GPU that is cut into MIG instances stands for these.
    """
    visible = os.environ.get(_VISIBLE)
    if visible is not None:
        names = [name.strip() for name in visible.split(",")]
        ends = [place for place, name in enumerate(names) if name in ("", "-1")]  # CUDA itself stops there
        return tuple(names[: ends[0]] if ends else names)
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=_LONGEST_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return _named_in(listed.stdout) if listed.returncode == 0 else ()


def _named_in(listing: str) -> tuple[str, ...]:
    found: list[str] = []
    whole = ""
    for line in listing.splitlines():
        match = _LISTED.match(line)
        if match is None:
            continue
        if not match["mig"]:
            whole = match["uuid"]
        elif found and found[-1] == whole:
            found.pop()  # its instances take its place
        found.append(match["uuid"])
    return tuple(found)


def usual_workers(per_trial: float | None = None) -> int:
    """As many as run at the same time: by the GPUs where there are some, else one for each core.

    Args:
        per_trial: GPUs of one trial, > 0; None for 1.
    """
    found = len(gpus())
    if not found:
        return cores()
    per_trial = per_trial or 1
    return max(1, found * _trials_on_one(per_trial) if per_trial < 1 else int(found / per_trial))


def _trials_on_one(per_trial: float) -> int:
    return math.floor(1 / per_trial + 1e-9)


def share_out(workers: int, per_trial: float | None = None) -> Sequence[Mapping[str, str]]:
    """Variables of each of several workers on this machine.

    Args:
        workers: >= 1.
        per_trial: GPUs of one trial, > 0: of a fraction, several workers have the same one. None shares them out
            evenly, so that several have the same one where there are fewer of them than workers.

    Raises:
        UsageError: there are not as many GPUs.
    """
    found = gpus()
    threads = str(max(1, cores() // workers))
    share = {name: threads for name in _THREADS if name not in os.environ}
    if not found and per_trial is None:
        return [dict(share) for _ in range(workers)]
    return [{**share, _VISIBLE: ",".join(names)} for names in _groups(found, workers, per_trial)]


def _groups(found: Sequence[str], workers: int, per_trial: float | None) -> list[Sequence[str]]:
    if per_trial is None:
        return [[found[number % len(found)]] for number in range(workers)]
    needed = math.ceil(workers / _trials_on_one(per_trial)) if per_trial < 1 else workers * math.ceil(per_trial)
    if needed > len(found):
        raise UsageError(
            f"{workers} workers with {per_trial:g} GPUs for each trial need {needed}, and there are {len(found)} here"
        )
    if per_trial < 1:
        return [[found[number % needed]] for number in range(workers)]
    width = math.ceil(per_trial)
    return [found[number * width : (number + 1) * width] for number in range(workers)]
