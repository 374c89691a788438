"""The border between the user's program and what notes it: nothing of ours is raised there."""

from collections.abc import Callable
from typing import Any


def quietly(work: Callable[..., Any], *args: Any) -> None:
    """Do it; where it fails, the program goes on and the record lacks something.

    Args:
        work: of ours, on values of the program's.
        args: what it takes.
    """
    try:
        work(*args)
    except Exception:  # noqa: BLE001 - a record must never break the user's run
        return
