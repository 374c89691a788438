"""Apply the layer-wise decay of the learning rate."""

from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from wellfit.intervene.made_optimizer import MadeOptimizer


class ScaleRates(MadeOptimizer):
    """Each parameter group of the optimizer that a line makes starts with its rate times its `lr_scale`.

    A schedule made afterwards starts from there.
    """

    name = "scale_rates"

    def made(self, _: Optimizer, group: dict[str, Any]) -> None:
        """Change the group."""
        if isinstance(group["lr"], Tensor):
            self.refuse("the learning rate is kept in a tensor")
        elif "lr_scale" in group:
            group["lr"] *= group["lr_scale"]
            self.applied()
