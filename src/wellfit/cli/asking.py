"""What a command asks for before anything runs: the plan of the script, and what lies in its folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellfit.errors import UsageError, raise_all

if TYPE_CHECKING:
    from wellfit.api import Plan


def plan_of(script: Sequence[str], mistakes: Sequence[str], **asked: Any) -> "Plan":
    """The plan, or all mistakes of the whole call at once.

    Args:
        script: what was typed after the options.
        mistakes: of the options.
        asked: what else the plan is made of.

    Raises:
        UsageError: there are mistakes, or no such script.
    """
    from wellfit import api

    try:
        plan = api.plan(script, **asked)
    except UsageError as error:
        raise UsageError(*mistakes, *error.mistakes) from None
    raise_all(mistakes)
    return plan


def names_here() -> frozenset[str] | None:
    """What lies in the working folder; None where it cannot be read."""
    from wellfit.prove.workspace import names_in

    return names_in(Path.cwd())
