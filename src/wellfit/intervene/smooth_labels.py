"""Smooth the labels that cross_entropy is given."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.intervene.intervention import Intervention, wrap


class SmoothLabels(Intervention):
    """Calls of cross_entropy that gradients will flow from spread `smoothing` of each label over all classes."""

    name = "smooth_labels"
    changes_loss = True
    options = frozenset({"smoothing"})

    def install(self) -> None:
        """Stand before the function, which the module calls as well."""
        wrap((F,), "cross_entropy", self._around)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def cross_entropy(given: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
            trains = isinstance(given, Tensor) and given.requires_grad and not torch.compiler.is_compiling()
            if trains and len(args) < SMOOTHING and self.sites.is_here(self.cure.place):
                self.applied_here()
                kwargs["label_smoothing"] = float(self.cure.options["smoothing"])
            return original(given, target, *args, **kwargs)

        return cross_entropy


SMOOTHING = 6
"""Position of the smoothing after input and target; nobody hands it over without its name."""
