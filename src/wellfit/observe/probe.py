"""What every probe is: a listener to some moments that writes events."""

from typing import TYPE_CHECKING, ClassVar

from wellfit.observe.moments import (
    Backward,
    Forward,
    LoaderStarted,
    LossCall,
    ModeSet,
    ModuleCall,
    Operation,
    SchedulerMade,
    SchedulerStepped,
    Step,
    Zeroed,
)

if TYPE_CHECKING:
    from wellfit.observe.watch import Watch

MOMENTS: dict[str, type] = {
    "forward": Forward,
    "module_call": ModuleCall,
    "cut_call": ModuleCall,
    "loss_call": LossCall,
    "backward": Backward,
    "step_start": Step,
    "step_end": Step,
    "zeroed": Zeroed,
    "mode_set": ModeSet,
    "loader": LoaderStarted,
    "scheduler": SchedulerMade,
    "scheduler_step": SchedulerStepped,
    "operation": Operation,
}
"""Moments by name, and what a probe is handed; a probe listens by having a method `on_NAME(moment)`.

A `cut_call` is a module call with gradients off inside the forward of a root that has them on.
`iteration_end()` and `end()` take nothing: the iteration's last optimizer has stepped; the process ends.
"""


class Probe:
    """Base of all probes.

    A probe is called in sampled iterations only, but for the moments that it names in `always`. It never
    changes what it is handed, never draws a random number, and keeps no tensor past the iteration but by
    weak reference or as a detached number. When it raises, it is turned off and named in the report.
    """

    emits: ClassVar[tuple[type, ...]] = ()
    """Event types that it writes; a probe none of whose events a chosen rule needs is not started."""

    essential: ClassVar[bool] = False
    """Every report needs its events, whatever the rules."""

    always: ClassVar[frozenset[str]] = frozenset()
    """Moments at which it is called in every iteration; each costs every step, so microseconds only."""

    def __init__(self, watch: "Watch") -> None:
        self.watch = watch
