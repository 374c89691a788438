"""Make a schedule as long as the run."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LinearLR, LRScheduler, OneCycleLR, PolynomialLR

from wellfit.intervene.intervention import Intervention, wrap

ARGUMENTS: dict[type[LRScheduler], str] = {
    CosineAnnealingLR: "T_max",
    LinearLR: "total_iters",
    OneCycleLR: "total_steps",
    PolynomialLR: "total_iters",
}
"""By class the setting that says how long it is; a function of transformers has `num_training_steps`."""

KEYWORD = "num_training_steps"


class LengthenSchedule(Intervention):
    """The schedule that a line makes ends after `calls` of its `step()`, as if its length had been that.

    Cosine annealing, linear and polynomial decay, one cycle, and the functions of transformers.
    """

    name = "lengthen_schedule"
    options = frozenset({"calls"})

    def install(self) -> None:
        """See schedulers as they are made."""
        wrap((*ARGUMENTS, LambdaLR), "__init__", self._around)
        wrap((LRScheduler,), "__init__", self._refuse_others)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            original(scheduler, *args, **kwargs)
            if self.sites.is_here(self.cure.place):
                self._lengthen(scheduler, int(self.cure.options["calls"]))

        return make

    def _refuse_others(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            original(scheduler, *args, **kwargs)
            if not isinstance(scheduler, (*ARGUMENTS, LambdaLR)) and self.sites.is_here(self.cure.place, depth=2):
                self.refuse(f"{type(scheduler).__name__} has no length to set")

        return make

    def _lengthen(self, scheduler: Any, calls: int) -> None:
        argument = next((name for kind, name in ARGUMENTS.items() if isinstance(scheduler, kind)), "")
        if isinstance(scheduler, OneCycleLR):
            _stretch(scheduler, calls)
        if argument:
            setattr(scheduler, argument, calls)
        elif all(KEYWORD in getattr(f, "keywords", ()) for f in scheduler.lr_lambdas):
            scheduler.lr_lambdas = [
                partial(f.func, *f.args, **f.keywords | {KEYWORD: calls}) for f in scheduler.lr_lambdas
            ]
        else:
            self.refuse("a function of the program's own has no length to set")
            return
        self.applied()


def _stretch(scheduler: Any, calls: int) -> None:
    """The ends of the phases are computed once, when the cycle is made: the n-th inner one is n short of its share."""
    phases = scheduler._schedule_phases
    for short, phase in zip((*range(1, len(phases)), 1), phases, strict=True):
        phase["end_step"] = (phase["end_step"] + short) * calls / scheduler.total_steps - short
