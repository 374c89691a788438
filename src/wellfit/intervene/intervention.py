"""What every intervention is: one change to the user's training, made without touching its source."""

import functools
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from wellfit.intervene.phases import Phases
from wellfit.intervene.sites import Sites
from wellfit.model.cure import Cure
from wellfit.model.place import Place
from wellfit.observe.seams import MethodSeam
from wellfit.script.bound import BOUND

MOST_NOTED = 200
"""Changes of which the user's line is noted: a look at the frames takes time, and lines come again."""


class Intervention:
    """Base of all interventions.

    It is installed after torch was imported and before the first line of the user's program, changes only what its
    docstring names, draws no random number that the cured program would not draw, and says so where it cannot apply.
    Unlike a probe it may stand in the way: trial runs are nobody's own.
    """

    name: ClassVar[str]
    """In the imperative, as a cure names it."""

    changes_loss: ClassVar[bool] = False
    """Whether the script's own loss has another scale afterwards, so that only the proper loss compares."""

    options: ClassVar[frozenset[str]] = frozenset()
    """Names of the options that a cure may carry."""

    def __init__(self, cure: Cure, sites: Sites, phases: Phases) -> None:
        self.cure = cure
        self.sites = sites
        self.phases = phases
        self.times = 0
        self.changed_at: dict[Place, None] = {}
        """The user's lines at which something was changed."""
        self.refusal: str | None = None
        self.emit: Callable[[object], None] = lambda _event: None
        """Writes an event at once; what a run that is killed has told is not lost."""
        self.finish: Callable[[], None] = lambda: None
        """Ends the run at its next optimizer step, as if all steps were made."""
        self.rest: Callable[[], None] = lambda: None
        """Has nothing observed from here on, so that steps take the time that they take by themselves."""

    def install(self) -> None:
        """Put the change in place."""
        raise NotImplementedError

    def scores(self) -> Iterable[object]:
        """Events to be written when the run ends: of evaluations that were scored both ways."""
        return ()

    def applied(self, times: int = 1) -> None:
        """Something was changed."""
        self.times += times

    def applied_here(self) -> None:
        """Something was changed below the user's line that runs, which is noted."""
        self.applied()
        place = self.sites.user_line() if self.times <= MOST_NOTED else None
        if place is not None:
            self.changed_at[place] = None

    def refuse(self, reason: str) -> None:
        """The change cannot be made here; the first reason stays."""
        self.refusal = self.refusal or reason


def wrap(owners: Iterable[Any], name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put a function around one of that name in each of these owners; one that an owner lacks is passed over.

    Modules that were imported before this run get it, too, as if they were imported now.
    """
    for owner in owners:
        original = getattr(owner, name, None)
        if original is not None:
            wrapper = around(original)
            functools.update_wrapper(wrapper, original, updated=())
            seam = vars(owner).get(name)
            if isinstance(seam, MethodSeam):
                seam.original = wrapper  # whoever listens goes on to hear
            else:
                setattr(owner, name, wrapper)
            BOUND.rebind(original, wrapper)
