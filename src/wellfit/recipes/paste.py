"""A plan as code to paste: plain torch, and wellfit for what torch lacks."""

from collections.abc import Mapping
from typing import Any

LOOP = """\
for epoch in range({epochs}):
    model.train()
    for inputs, targets in loader:
        loss = {loss}
        loss.backward()
{clip}        optimizer.step()
        scheduler.step()  # once a step
        optimizer.zero_grad()
"""


def code(values: Mapping[str, Any], *, epochs: float, steps: int, schedule_options: Mapping[str, Any]) -> str:
    """The program's lines, from the imports to the loop; `model` and `loader` are the user's.

    Args:
        values: of the plan by name.
        epochs: of the run.
        steps: of the run.
        schedule_options: of the schedule.
    """
    return "\n".join([*_head(values), "", *_objects(values, steps, schedule_options), _loop(values, epochs)])


def _head(values: Mapping[str, Any]) -> list[str]:
    lines = ["import torch"]
    if values.get("clip"):
        lines.append("from torch.nn.utils import clip_grad_norm_")
    return [*lines, "from wellfit import param_groups, schedule"]


def _objects(values: Mapping[str, Any], steps: int, schedule_options: Mapping[str, Any]) -> list[str]:
    layers = f", layer_decay={values['layer_decay']!r}" if values.get("layer_decay") else ""
    options = "".join(f", {name}={value!r}" for name, value in values["options"].items())
    shape = "".join(f", {name}={value!r}" for name, value in schedule_options.items())
    no_decay = values["no_decay"]
    return [
        f"groups = param_groups(model, {values['lr']!r}, {values['weight_decay']!r}{layers}, no_decay={no_decay!r})",
        f"optimizer = torch.optim.{values['optimizer']}(groups, lr={values['lr']!r}{options})",
        f"scheduler = schedule(optimizer, {values['schedule']!r}, {steps}, warmup={values['warmup']}{shape})",
        _criterion(values),
        "",
    ]


def _criterion(values: Mapping[str, Any]) -> str:
    smoothing = values.get("label_smoothing")
    argument = f"label_smoothing={smoothing!r}" if smoothing else ""
    return f"criterion = torch.nn.CrossEntropyLoss({argument})  # for classes; MSELoss for numbers"


def _loop(values: Mapping[str, Any], epochs: float) -> str:
    clip = f"        clip_grad_norm_(model.parameters(), {values['clip']!r})\n" if values.get("clip") else ""
    return LOOP.format(epochs=max(1, round(epochs)), loss="criterion(model(inputs), targets)", clip=clip)
