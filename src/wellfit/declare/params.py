"""`wellfit.params`: the hyperparameters of a program, which a search moves and which otherwise are as they stand."""

import os

from wellfit.declare.ranges import Range
from wellfit.declare.space import Hyperparameters, Space
from wellfit.model.knob import Value
from wellfit.model.run import WatchSettings

DECLARED: dict[str, tuple[Range | Value, Value]] = {}
"""What this process has declared so far, and the value that it was given: read by its record, if it has one."""


def params(**given: Range | Value) -> Hyperparameters:
    """The program's hyperparameters: their defaults, or in a trial of `wellfit tune` what that one tries.

    Args:
        given: by name: `wellfit.log(default, low, high)`, `lin` and `integer` with the same arguments, or
            `choice(default, others, ...)`; a plain value is never moved.

    Returns:
        Plain values by name, as attributes and as a mapping.

    Raises:
        UsageError: a range that holds nothing, or a default outside of it; all mistakes at once.

    Example:
        >>> from wellfit.declare.ranges import choice, log
        >>> hp = params(lr=log(3e-3, 1e-5, 1), optimizer=choice("adamw", "sgd"))
        >>> hp.lr, hp.optimizer
        (0.003, 'adamw')
    """
    space = Space(given)
    settings = WatchSettings.from_environment(os.environ)
    values = space.filled({} if settings is None else settings.params)
    DECLARED.update({name: (value, values[name]) for name, value in space.items()})
    return values
