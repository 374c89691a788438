"""Changes to modules that may not have been imported yet, made once they are."""

import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType

from wellfit.record.quietly import quietly
from wellfit.script.finder import ModuleFinder

Change = Callable[[ModuleType], None]


def once_imported(name: str, change: Change) -> None:
    """Call `change` with a module: now where it has been imported, else right after its body has run.

    Args:
        name: full, with its packages.
        change: an exception of its own is passed over: the program goes on.
    """
    module = sys.modules.get(name)
    if module is not None:
        quietly(change, module)  # a library may be of another version than those known
    else:
        sys.meta_path.insert(0, ModuleFinder(name, partial(quietly, change)))
