"""Several processes that train one model together: the first of them asks and decides, and all do the same.

They speak through the key-value store by which torch's processes find one another, which leaves the user's own process
group alone, whether that stands already or is made within each trial.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from wellfit.errors import UsageError

if TYPE_CHECKING:
    from torch.distributed import Store  # type: ignore[attr-defined,unused-ignore]

Decision = TypeVar("Decision")

PATIENCE_S = 60.0
"""Seconds that a process whose training failed waits for the others to come to the trial's end: they may hang in a
collective call that it will never join."""

LONGEST_MEETING_S = 300.0
"""Seconds in which all processes must have come."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.0005, 0.02

_searches = 0


class Ranks:
    """All processes of a distributed run; of one alone where there is no store.

    Args:
        rank: of this process, from 0.
        size: >= 1.
        store: that all of them reach; None for one process.
    """

    def __init__(self, rank: int = 0, size: int = 1, store: "Store | None" = None) -> None:
        self.rank, self.size, self._store = rank, size, store

    def decide(self, key: str, decision: Callable[[], Decision]) -> Decision:
        """What the first process decides.

        Args:
            key: never used before.
            decision: is asked in the first process alone; gives what JSON keeps.
        """
        if self._store is None:
            return decision()
        if self.rank == 0:
            decided = decision()
            self._store.set(key, json.dumps(decided))
            return decided
        self._wait([key], None)
        heard: Decision = json.loads(self._store.get(key))
        return heard

    def gather(self, key: str, value: Any, patience_s: float | None = None) -> list[Any] | None:
        """What each process says, in the order of ranks; None where not all say something in time.

        Args:
            key: never used before.
            value: what this one says, as JSON keeps it.
            patience_s: seconds; None waits for as long as it takes.
        """
        if self._store is None:
            return [value]
        self._store.set(f"{key}/{self.rank}", json.dumps(value))
        keys = [f"{key}/{rank}" for rank in range(self.size)]
        return [json.loads(self._store.get(k)) for k in keys] if self._wait(keys, patience_s) else None

    def leave(self) -> None:
        """Say nothing more; the first process, which may hold the store, stays until all have heard what it said."""
        if self._store is not None and self.rank:
            self._store.set(f"left/{self.rank}", "")
        elif self._store is not None:
            self._wait([f"left/{rank}" for rank in range(1, self.size)], PATIENCE_S)

    def _wait(self, keys: list[str], patience_s: float | None) -> bool:
        """By looking again and again: a wait within torch hears no interrupt."""
        began, wait = time.monotonic(), FIRST_WAIT_S
        while self._store is not None and not self._store.check(keys):
            if patience_s is not None and time.monotonic() - began > patience_s:
                return False
            time.sleep(wait)
            wait = min(LONGEST_WAIT_S, 2 * wait)
        return True


def find_ranks() -> Ranks:
    """The processes that this one trains with.

    Raises:
        UsageError: they cannot be reached.
    """
    global _searches  # noqa: PLW0603 - each search of a process has keys of its own, alike on all ranks
    _searches += 1
    stood = _store_of_group() or _store_of_environment()
    if stood is None or stood[1] == 1:
        return Ranks()
    from torch.distributed import PrefixStore  # type: ignore[attr-defined,unused-ignore]

    rank, size, store = stood
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")  # the store of torchrun outlives a restart
    shared = PrefixStore(f"wellfit/tune/{attempt}/{_searches}", store)
    return _with_own_store(Ranks(rank, size, shared)) if "MASTER_ADDR" in os.environ else Ranks(rank, size, shared)


def _with_own_store(met: Ranks) -> Ranks:
    """The same processes on a store of ours, with another port.

    That by which they met is let go of: a group that is made anew in each trial would find in it what the one before
    has left.
    """
    from datetime import timedelta

    from torch.distributed import TCPStore  # type: ignore[attr-defined,unused-ignore]

    host, long = os.environ["MASTER_ADDR"], timedelta(seconds=LONGEST_MEETING_S)
    own = TCPStore(host, 0, is_master=True, timeout=long, wait_for_workers=False) if met.rank == 0 else None
    port = met.decide("port", lambda: own.port if own is not None else 0)
    store = own or TCPStore(host, port, is_master=False, timeout=long, wait_for_workers=False)
    found = Ranks(met.rank, met.size, store)
    found.gather("met", True)  # noqa: FBT003 - all are there: the other store may go
    return found


def _store_of_group() -> "tuple[int, int, Store] | None":
    """Of the process group, where there is one."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    find = getattr(distributed.distributed_c10d, "_get_default_store", None)
    if find is None:
        raise UsageError("this torch does not show how its processes reach one another: tune before the group is made")
    return distributed.get_rank(), distributed.get_world_size(), find()


def _store_of_environment() -> "tuple[int, int, Store] | None":
    """As a launcher has set it up, where one has; the group that the user makes later shares its port."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or "RANK" not in os.environ:  # noqa: PLR2004 - one is alone
        return None
    import torch.distributed

    try:
        store, rank, size = next(torch.distributed.rendezvous("env://"))  # type: ignore[attr-defined,unused-ignore]
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"the other processes cannot be reached: {str(error).splitlines()[0]}") from None
    return rank, size, store
