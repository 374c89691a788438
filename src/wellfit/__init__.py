"""wellfit: why a PyTorch model under-performs, from one run of the unmodified training script.

Imported in every Python process below a watched command, before its first line: it imports nothing that a bare
interpreter has not imported already.
"""

from __future__ import annotations

from wellfit.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wellfit.declare.params import params as params
    from wellfit.declare.ranges import choice as choice
    from wellfit.declare.ranges import integer as integer
    from wellfit.declare.ranges import lin as lin
    from wellfit.declare.ranges import log as log
    from wellfit.declare.reported import report as report
    from wellfit.declare.space import Space as Space
    from wellfit.find.batch_size.find import find_batch_size as find_batch_size
    from wellfit.find.lr import find_lr as find_lr
    from wellfit.find.warmup import find_warmup as find_warmup
    from wellfit.fuse.task import FusedTask as FusedTask
    from wellfit.recipes.plan import recipe as recipe
    from wellfit.regularize import graph as graph
    from wellfit.regularize import text as text
    from wellfit.regularize import vision as vision
    from wellfit.regularize.labels.label_smoothing.method import LabelSmoothing as LabelSmoothing
    from wellfit.regularize.labels.label_smoothing.method import mass_moved as mass_moved
    from wellfit.regularize.training.early_stopping.method import EarlyStopping as EarlyStopping
    from wellfit.regularize.training.gradient_clipping.method import ClipGradients as ClipGradients
    from wellfit.regularize.weights.averaging.method import EMA as EMA
    from wellfit.regularize.weights.averaging.method import SWA as SWA
    from wellfit.regularize.weights.dropout.method import set_dropout as set_dropout
    from wellfit.regularize.weights.stochastic_depth.method import StochasticDepth as StochasticDepth
    from wellfit.regularize.weights.weight_decay.groups import param_groups as param_groups
    from wellfit.regularize.weights.weight_decay.timescale import (
        timescale_from_weight_decay as timescale_from_weight_decay,
    )
    from wellfit.regularize.weights.weight_decay.timescale import (
        weight_decay_from_timescale as weight_decay_from_timescale,
    )
    from wellfit.schedules.check import check_schedule as check_schedule
    from wellfit.schedules.schedule import schedule as schedule
    from wellfit.tune.in_code.tune import tune as tune

_LAZY = {
    "ClipGradients": "wellfit.regularize.training.gradient_clipping.method",
    "EMA": "wellfit.regularize.weights.averaging.method",
    "EarlyStopping": "wellfit.regularize.training.early_stopping.method",
    "FusedTask": "wellfit.fuse.task",
    "LabelSmoothing": "wellfit.regularize.labels.label_smoothing.method",
    "SWA": "wellfit.regularize.weights.averaging.method",
    "Space": "wellfit.declare.space",
    "StochasticDepth": "wellfit.regularize.weights.stochastic_depth.method",
    "check_schedule": "wellfit.schedules.check",
    "choice": "wellfit.declare.ranges",
    "find_batch_size": "wellfit.find.batch_size.find",
    "find_lr": "wellfit.find.lr",
    "find_warmup": "wellfit.find.warmup",
    "integer": "wellfit.declare.ranges",
    "lin": "wellfit.declare.ranges",
    "log": "wellfit.declare.ranges",
    "mass_moved": "wellfit.regularize.labels.label_smoothing.method",
    "param_groups": "wellfit.regularize.weights.weight_decay.groups",
    "params": "wellfit.declare.params",
    "recipe": "wellfit.recipes.plan",
    "schedule": "wellfit.schedules.schedule",
    "set_dropout": "wellfit.regularize.weights.dropout.method",
    "timescale_from_weight_decay": "wellfit.regularize.weights.weight_decay.timescale",
    "weight_decay_from_timescale": "wellfit.regularize.weights.weight_decay.timescale",
}
"""Names, and the module that defines each, which may load torch: imported when they are first asked for."""

_ROOMS = {
    "graph": "wellfit.regularize.graph",
    "report": "wellfit.report",
    "text": "wellfit.regularize.text",
    "tune": "wellfit.tune",
    "vision": "wellfit.regularize.vision",
}
"""The same for whole families of regularizers, and for rooms that are called; see `wellfit.called`."""

__all__ = ["__version__", *_LAZY, *_ROOMS]  # noqa: PLE0604  # the tables' keys are strings


def __getattr__(name: str) -> Any:
    import importlib

    if name in _ROOMS:
        value: Any = importlib.import_module(_ROOMS[name])
    elif name in _LAZY:
        value = getattr(importlib.import_module(_LAZY[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=None)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_ROOMS})
