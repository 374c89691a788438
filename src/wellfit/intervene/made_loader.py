"""Interventions on the DataLoader that one line makes."""

import inspect
from collections.abc import Callable
from typing import Any

from torch.utils.data import DataLoader

from wellfit.intervene.intervention import Intervention, wrap


class MadeLoader(Intervention):
    """Base of interventions that make a DataLoader with other arguments; every one where no line is named."""

    def install(self) -> None:
        """Stand before the constructor."""
        self._signature = inspect.signature(DataLoader.__init__)
        wrap((DataLoader,), "__init__", self._around)

    def change(self, arguments: dict[str, Any]) -> None:
        """Change what the constructor is given, by name."""
        raise NotImplementedError

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(*args: Any, **kwargs: Any) -> None:
            if not self.sites.is_here(self.cure.place):
                original(*args, **kwargs)
                return
            given = self._signature.bind(*args, **kwargs)
            arguments = dict(given.arguments)
            loader = arguments.pop("self")
            arguments |= arguments.pop("kwargs", {})  # a class of the program's own may take more
            self.change(arguments)
            original(loader, **arguments)

        return make
