"""Lets the watch of a process hear for a recipe, too."""

from typing import TYPE_CHECKING

from wellfit.advise.probe import AdviceProbe

if TYPE_CHECKING:
    from wellfit.model.wishes import Wishes
    from wellfit.observe.watch import Watch


def arm(wishes: "Wishes", watch: "Watch") -> None:
    """From here on the run is compared; nothing about it changes."""
    watch.join(AdviceProbe(watch, wishes))
