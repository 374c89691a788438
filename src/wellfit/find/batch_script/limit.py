"""How much memory a trial may take."""

from dataclasses import dataclass

from wellfit.errors import FinderError
from wellfit.find.batch_script.scout import Scouted
from wellfit.find.batch_size.capacity import MARGIN
from wellfit.script.memory import free_bytes, mapped_bytes

MARGIN_OF_FREE = 0.1
"""Share of what is free that is left to others, who may come to need it."""

MARGIN_OF_PROCESS = 0.05
"""Share of a limit on a process: a C library keeps freed blocks, so that peaks of neighbouring sizes differ by that."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on memory.

    Args:
        size_bytes: for the whole process, or on the device; None where nothing tells.
        said: where it comes from.
        margin: share of it to leave free.
    """

    size_bytes: int | None
    said: str
    margin: float


def limit_of(scouted: Scouted, asked_bytes: int | None) -> Limit:
    """What was asked for, or what is free.

    Args:
        scouted: what is known of the script.
        asked_bytes: by the user; None where nothing was.

    Raises:
        FinderError: the process takes as much before it trains, or no limit can be held.
    """
    free, where = _free(scouted)
    if asked_bytes is None or (free is not None and free < asked_bytes):
        return Limit(free, where if free is not None else "not known on this system", MARGIN_OF_FREE)
    if scouted.free_bytes is None and mapped_bytes() is None:
        raise FinderError("--memory cannot be held on this system, which does not tell what a process has mapped")
    if scouted.free_bytes is None and asked_bytes <= scouted.base_bytes:
        raise FinderError(
            f"--memory is {asked_bytes / 2**20:,.0f} MiB, and the process takes {scouted.base_bytes / 2**20:,.0f} MiB"
            " before its first line"
        )
    return Limit(asked_bytes, "by --memory", MARGIN_OF_PROCESS if scouted.free_bytes is None else MARGIN)


def _free(scouted: Scouted) -> tuple[int | None, str]:
    """Memory that a run may have in all, and where."""
    if scouted.free_bytes is not None:
        return scouted.free_bytes, "free on the device"
    left = free_bytes()
    return None if left is None else left + scouted.base_bytes, "free on this machine"
