"""Run with less memory than the machine has, and tell how much was needed."""

import contextlib
import resource
import sys
from collections.abc import Iterator
from typing import Any

import torch

from wellfit.intervene.calls import before_calls
from wellfit.intervene.intervention import Intervention
from wellfit.model.events.batch import MemoryPeaked
from wellfit.script import memory

CPU_ALLOCATOR = "DefaultCPUAllocator"
"""In what torch says when the system gives it no memory, which has no type of its own."""


class LimitMemory(Intervention):
    """The process gets `bytes` of memory in all; with none named, as much as there is. The peak is reported.

    Where `device` is `cuda`, it is the device's memory that is limited, and the peak is what the allocator reserved.
    Of the process it is memory of its own, without pages of files, held by a limit on what may be mapped besides.
    """

    name = "limit_memory"
    options = frozenset({"bytes", "device"})

    def install(self) -> None:
        """Set the limit; on a device when it is first used."""
        self._on_device = self.cure.options.get("device", "cpu") == "cuda"
        self._limit: int | None = self.cure.options.get("bytes")
        self._own = resource.getrlimit(resource.RLIMIT_DATA)
        self._base = memory.reset_peak()
        if self._limit is not None and self._on_device:
            before_calls(self._limit_device)
        elif self._limit is not None:
            self._limit_process(self._limit)

    def scores(self) -> Iterator[MemoryPeaked]:
        """What was needed."""
        exhausted = _is_exhaustion(_last_error())
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, self._own)
        if self._on_device:
            yield MemoryPeaked("cuda", 0, peak_on("cuda"), exhausted)
        else:
            yield MemoryPeaked("cpu", self._base, peak_on("cpu"), exhausted)

    def _limit_process(self, limit: int) -> None:
        mapped = memory.mapped_bytes()
        if mapped is None:
            self.refuse("this system does not tell what a process has mapped")
            return
        most = mapped + max(0, limit - self._base)
        hard = self._own[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
        self.applied()

    def _limit_device(self, *_: Any) -> None:
        if self.times or self._limit is None or not torch.cuda.is_initialized():
            return
        total = torch.cuda.mem_get_info()[1]
        torch.cuda.set_per_process_memory_fraction(min(1.0, self._limit / total))
        self.applied()


def peak_on(device: str) -> int | None:
    """Largest memory so far: of this process alone, or reserved by the allocator of a device."""
    if device == "cuda":
        return int(torch.cuda.max_memory_reserved()) if torch.cuda.is_initialized() else None
    return memory.peak_bytes()


def _last_error() -> BaseException | None:
    """What ended the program, where it was an exception."""
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return error if isinstance(error, BaseException) else None


def _is_exhaustion(error: BaseException | None) -> bool:
    """Whether memory ran out in an exception, or in one that it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
            return True
        if isinstance(error, RuntimeError) and CPU_ALLOCATOR in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
