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
    PlateauStepped,
    SchedulerMade,
    SchedulerStepped,
    Step,
    Zeroed,
)

if TYPE_CHECKING:
    from wellfit.observe.watch import Watch

MOMENTS: dict[str, type] = {
    "forward": Forward,
    "plain_forward": Forward,
    "module_call": ModuleCall,
    "cut_call": ModuleCall,
    "loss_call": LossCall,
    "backward": Backward,
    "bad_loss": Backward,
    "step_start": Step,
    "step_end": Step,
    "first_step": Step,
    "zero_rate": Step,
    "curve_point": Step,
    "zeroed": Zeroed,
    "mode_set": ModeSet,
    "loader": LoaderStarted,
    "scheduler": SchedulerMade,
    "scheduler_step": SchedulerStepped,
    "schedulers_joined": SchedulerMade,
    "plateau_made": SchedulerMade,
    "plateau_step": PlateauStepped,
    "operation": Operation,
}
"""Moments by name, and what a probe is handed; a probe listens by having a method `on_NAME(moment)`.

A `plain_forward` is one more training call like the one before it: no evaluation, no change of a mode and no new pass
over data lies between the two. In sampled iterations it is told as a `forward`, in others only to those who ask for it.
A `bad_loss` is a backward pass from the first loss on that is not finite, once that is known. A `first_step` is the end
of an optimizer's first step, a `zero_rate` that of one with a learning rate of 0, a `curve_point` that of a step at
which the curves hold a point. A `cut_call` is a module call with gradients off inside the forward of a root that has
them on. With `schedulers_joined` a sequence or a chain is about to be constructed, and has no attributes yet.
`iteration_end()` and `end()` take nothing: the iteration's last optimizer has stepped; the process ends.
"""


RARE = frozenset({"bad_loss", "first_step", "zero_rate", "curve_point", "end"})
"""Moments that come seldom, and are told whenever they come."""


class Probe:
    """Base of all probes.

    A probe is called in sampled iterations only, but for `RARE` moments and for those that it names in `always`.
    It never changes what it is handed, never draws a random number, and keeps no tensor past the iteration but by
    weak reference or as a detached number. When it raises, it is turned off and named in the report.
    """

    emits: ClassVar[tuple[type, ...]] = ()
    """Event types that it writes; a probe none of whose events a chosen rule needs is not started."""

    essential: ClassVar[bool] = False
    """Every report needs its events, whatever the rules."""

    always: frozenset[str] = frozenset()
    """Moments at which it is called in every iteration; each costs every step, so microseconds only. A probe may change
    its own, and says so by `watch.listen_again`."""

    glances: frozenset[str] = frozenset()
    """Moments at which it is called also in the iterations of `is_glance`."""

    def __init__(self, watch: "Watch") -> None:
        self.watch = watch
