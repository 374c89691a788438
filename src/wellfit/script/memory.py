"""How much memory there is, and how much this process uses."""

import contextlib
import ctypes
import re
import sys
from collections.abc import Iterator
from pathlib import Path

UNITS = {
    "": 1,
    "b": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}

UNLIMITED = 1 << 60
"""A control group without a limit gives a number near 2 ** 63, or "max"."""

STATUS, MEMINFO = Path("/proc/self/status"), Path("/proc/meminfo")
GROUPS, GROUP_ROOT = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def parse_bytes(text: str | int) -> int:
    """Bytes of a number with or without a unit.

    Args:
        text: bytes, or a number with kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (of 1024).

    Raises:
        ValueError: it is no such number, or not above 0.

    Example:
        >>> parse_bytes("2GB"), parse_bytes("512 MiB"), parse_bytes(1000)
        (2000000000, 536870912, 1000)
    """
    found = re.fullmatch(r"\s*([\d_]+(?:\.\d+)?)\s*([kmgt]?i?)b?\s*", str(text), re.IGNORECASE)
    unit = UNITS.get(found[2].lower()) if found else None
    if isinstance(text, bool) or not found or unit is None or float(found[1]) <= 0:
        raise ValueError(f'memory must be bytes > 0, or a text as "2GB", got {text!r}')
    return int(float(found[1]) * unit)


def free_bytes() -> int | None:
    """Memory that this process can still take: of the machine and of all control groups around it."""
    free = [available for available in (_available(), *_left_in_groups()) if available is not None]
    return min(free, default=None)


def _available() -> int | None:
    return _kibibytes(MEMINFO, "MemAvailable")


def _left_in_groups() -> Iterator[int]:
    for folder, limit, usage in _groups():
        with contextlib.suppress(OSError, ValueError):  # "max" is no number
            most = int((folder / limit).read_text())
            if most < UNLIMITED:
                yield max(0, most - int((folder / usage).read_text()) + _reclaimable(folder))


def _groups() -> Iterator[tuple[Path, str, str]]:
    """Folders of all control groups that this process is in, from its own to the outermost, with their files' names."""
    with contextlib.suppress(OSError):
        for line in GROUPS.read_text().splitlines():
            _, kinds, name = line.split(":", 2)
            if kinds and "memory" not in kinds.split(","):
                continue
            root = GROUP_ROOT / "memory" if kinds else GROUP_ROOT
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if kinds else ("memory.max", "memory.current")
            own = root / name.lstrip("/")
            for folder in (own, *own.parents):
                if folder.is_relative_to(root):
                    yield folder, *names


def _reclaimable(folder: Path) -> int:
    """Pages of files that nobody used lately: they count as used, and are given up where memory is asked for."""
    with contextlib.suppress(OSError):
        for line in (folder / "memory.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name in {"inactive_file", "total_inactive_file"}:
                return int(value)
    return 0


def resident_bytes() -> int | None:
    """Memory of this process that is in use now; None where the system does not tell."""
    return _kibibytes(STATUS, "VmRSS")


def mapped_bytes() -> int | None:
    """Memory of its own that this process can write to: what RLIMIT_DATA limits."""
    return _kibibytes(STATUS, "VmData")


def peak_bytes() -> int:
    """The most memory of its own that was in use since the last `reset_peak`; 0 if unknown.

    Pages of files are left out: a forked child maps those of the libraries anew as it comes to them.
    """
    files = (_kibibytes(STATUS, "RssFile") or 0) + (_kibibytes(STATUS, "RssShmem") or 0)
    return max(0, (_kibibytes(STATUS, "VmHWM") or 0) - files)


def reset_peak() -> int:
    """Give back what the allocator holds unused, count the peak anew, and return what is in use now; 0 if unknown."""
    with contextlib.suppress(OSError, AttributeError):
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _kibibytes(STATUS, "RssAnon") or 0


def _kibibytes(file: Path, name: str) -> int | None:
    with contextlib.suppress(OSError):
        for line in file.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) << 10
    return None
