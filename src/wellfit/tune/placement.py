"""Where on this machine each of several workers runs: cores and GPUs shared out evenly."""

import os
import shutil
import subprocess
from collections.abc import Mapping

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_LONGEST_S = 5.0


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpus() -> tuple[str, ...]:
    """Those that workers may use, as CUDA_VISIBLE_DEVICES names them; empty where there are none."""
    visible = os.environ.get(_VISIBLE)
    if visible is not None:
        return tuple(name.strip() for name in visible.split(",") if name.strip() not in ("", "-1"))
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=_LONGEST_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(str(number) for number, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU "))


def usual_workers() -> int:
    """One for each GPU, else for each core."""
    return len(gpus()) or cores()


def environment_of(number: int, workers: int) -> Mapping[str, str]:
    """Variables of one of several workers.

    Args:
        number: from 0.
        workers: on this machine.
    """
    threads = str(max(1, cores() // workers))
    share = {name: threads for name in _THREADS if name not in os.environ}
    found = gpus()
    if found:
        share[_VISIBLE] = found[number % len(found)]
    return share
