"""How much memory a process takes, and how much is really free: as Linux tells it, None elsewhere."""

import contextlib
from pathlib import Path

_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")
_KIB = 1024


def resident_bytes() -> int | None:
    """Resident memory of this process."""
    return _status("VmRSS")


def peak_bytes() -> int | None:
    """Largest resident memory of this process so far, or since `forget_peak`."""
    return _status("VmHWM") or _peak_of_usage()


def data_bytes() -> int | None:
    """Private writable memory that this process has mapped: what `RLIMIT_DATA` is held against."""
    return _status("VmData")


def forget_peak() -> None:
    """Let the peak begin anew at what is resident now, where the system allows it."""
    with contextlib.suppress(OSError):
        (_PROC / "self" / "clear_refs").write_text("5", encoding="ascii")


def free_bytes() -> int | None:
    """Memory that this machine could still give, within the limits of this process's control groups."""
    available = _number_in(_PROC / "meminfo", "MemAvailable")
    machine = [] if available is None else [available * _KIB]
    return min((*machine, *_free_in_groups()), default=None)


def _free_in_groups() -> list[int]:
    """What is left in each control group around this process, versions 1 and 2; reclaimable cache counts as free."""
    left: list[int] = []
    for folder, limit, used in _groups():
        with contextlib.suppress(OSError, ValueError):
            most = int((folder / limit).read_text("ascii"))
            taken = int((folder / used).read_text("ascii")) - _cache_in(folder)
            left.append(max(0, most - taken))
    return left


def _groups() -> list[tuple[Path, str, str]]:
    groups = []
    with contextlib.suppress(OSError):
        for line in (_PROC / "self" / "cgroup").read_text("utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            names = ("memory.max", "memory.current")
            root = _CGROUP
            if "memory" in controllers.split(","):
                names, root = ("memory.limit_in_bytes", "memory.usage_in_bytes"), _CGROUP / "memory"
            elif controllers:
                continue
            inner = root / path.lstrip("/")
            groups += [(folder, *names) for folder in (inner, *inner.parents) if folder.is_relative_to(root)]
    return groups


def _cache_in(folder: Path) -> int:
    text = (folder / "memory.stat").read_text("ascii")
    values = dict(line.split()[:2] for line in text.splitlines())
    return int(values.get("total_inactive_file", values.get("inactive_file", 0)))


def _status(name: str) -> int | None:
    kib = _number_in(_PROC / "self" / "status", name)
    return None if kib is None else kib * _KIB


def _number_in(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith(f"{name}:")), None)
    return None if found is None else int(found.split()[1])


def _peak_of_usage() -> int | None:
    """Elsewhere than on Linux: macOS counts in bytes, others in KiB."""
    import resource
    import sys

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else _KIB)
