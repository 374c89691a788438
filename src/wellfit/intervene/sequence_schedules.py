"""Let a warmup and a decay act one after the other."""

from collections.abc import Callable
from typing import Any

from torch.optim.lr_scheduler import ChainedScheduler, SequentialLR

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.intervene.lengthen_schedule import ARGUMENTS


class SequenceSchedules(Intervention):
    """The chain that a line makes is a sequence: its first member acts for `warmup` calls, then the second one.

    Where the length of the second is known it is shortened by the warmup, so that both end as the decay would have.
    """

    name = "sequence_schedules"
    options = frozenset({"warmup"})

    def install(self) -> None:
        """See chains as they are made."""
        wrap((ChainedScheduler,), "__init__", self._around)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            original(scheduler, *args, **kwargs)
            if self.sites.is_here(self.cure.place):
                self._join(scheduler, int(self.cure.options["warmup"]))

        return make

    def _join(self, chain: Any, warmup: int) -> None:
        members = list(chain._schedulers)
        if len(members) != 2:  # noqa: PLR2004 - a warmup and a decay
            self.refuse(f"the chain has {len(members)} members")
            return
        for argument in {name for kind, name in ARGUMENTS.items() if isinstance(members[1], kind)}:
            setattr(members[1], argument, max(1, getattr(members[1], argument) - warmup))
        optimizer = chain.optimizer
        vars(chain).clear()
        chain.__class__ = SequentialLR
        SequentialLR.__init__(chain, optimizer, members, milestones=[warmup])
        self.applied()
