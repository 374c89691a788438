"""One more call of the model in evaluation mode, on the batch that it was trained on."""

from typing import Any

import torch
from torch.nn import Module

from wellfit.intervene.calls import is_outermost, keywords


class EvaluationForward:
    """Keeps the latest call that trains, and repeats it as an evaluation would."""

    def __init__(self) -> None:
        self._call: tuple[Module, tuple[Any, ...], dict[str, Any]] | None = None
        self._runs = False

    def before_call(self, module: Module, args: tuple[Any, ...]) -> None:
        """A module is about to be called."""
        if not self._runs and torch.is_grad_enabled() and module.training and is_outermost():
            self._call = module, args, keywords()

    def run(self) -> bool:
        """Repeat the call without gradients; modes are as before afterwards.

        Returns:
            whether there was one.
        """
        if self._call is None:
            return False
        module, args, kwargs = self._call
        training = [part for part in module.modules() if part.training]
        self._call, self._runs = None, True
        try:
            module.eval()
            with torch.no_grad():
                module(*args, **kwargs)
        finally:
            self._runs = False
            for part in training:
                part.training = True
        return True
