"""Small tasks for fused trials, and the plain training of one trial that they are held against."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wellfit.fuse.draws import Draws
from wellfit.fuse.feed import TensorBatches
from wellfit.fuse.task import FusedTask

GENERATOR = torch.Generator().manual_seed(3)
ROWS = torch.randn(160, 12, generator=GENERATOR)
CLASSES = (ROWS @ torch.randn(12, 4, generator=GENERATOR)).argmax(1)
IMAGES = torch.randn(160, 1, 6, 6, generator=GENERATOR)
IMAGE_CLASSES = (IMAGES.flatten(1) @ torch.randn(36, 4, generator=GENERATOR)).argmax(1)
TOKENS = torch.randint(0, 20, (160, 6), generator=GENERATOR)
BATCH = 16


def batches(inputs: Tensor = ROWS, targets: Tensor = CLASSES) -> TensorBatches:
    return TensorBatches(inputs[:128], targets[:128], BATCH)


def task(build: Callable[[Any], nn.Module], steps: int = 100, inputs: Tensor = ROWS, **options: Any) -> FusedTask:
    targets = {6: TOKENS.sum(1) % 4, 12: CLASSES}.get(inputs.shape[-1], CLASSES)
    if inputs.dim() == 4:
        targets = IMAGE_CLASSES
    validation = [(inputs[128:], targets[128:])]
    given = {"loss": F.cross_entropy, "batches": batches(inputs, targets), "validation": validation} | options
    return FusedTask(build=build, steps=steps, **given)


def perceptron(hp: Mapping[str, Any]) -> nn.Module:
    dropout = hp.get("dropout", 0.0)
    return nn.Sequential(
        nn.Linear(12, 16),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(16, 16),
        nn.GELU(),
        nn.Dropout(dropout / 2),
        nn.Linear(16, 4),
    )


def plain_perceptron(hp: Mapping[str, Any]) -> nn.Module:
    return nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 4))


class KeyedDropout(nn.Module):
    """`nn.Dropout` with numbers of seed, step and place: the plain twin's."""

    def __init__(self, p: float, seed: int, place: int, *, features: bool = False) -> None:
        super().__init__()
        self.p, self.seed, self.place, self.features, self.step = p, seed, place, features, 0

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        draws = Draws([self.seed], self.step, None)
        self.step += 1
        shape = (*x.shape[:2], *(1 for _ in x.shape[2:])) if self.features else x.shape
        keep = draws.uniform(self.place, shape, x.device) >= self.p
        return x * keep / (1 - self.p)


def with_keyed_dropouts(model: nn.Module, seed: int) -> nn.Module:
    """The same model with its dropouts exchanged, in the order of its modules."""
    place = 0
    for name, module in list(model.named_modules()):
        if isinstance(module, (nn.Dropout, nn.Dropout2d)):
            parent, _, attribute = name.rpartition(".")
            keyed = KeyedDropout(module.p, seed, place, features=isinstance(module, nn.Dropout2d))
            setattr(model.get_submodule(parent), attribute, keyed)
            place += 1
    return model


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
}


def trained_plainly(
    trained: FusedTask,
    hp: Mapping[str, Any],
    seed: int,
    optimizer: Mapping[str, Any],
    *,
    clip: float | None = None,
    smoothing: float = 0.0,
    schedule: Callable[[int], float] | None = None,
) -> tuple[list[float], nn.Module]:
    """Losses before each step, and the model: torch's own modules and optimizers, and nothing of ours but the masks."""
    torch.manual_seed(seed)
    model = with_keyed_dropouts(trained.build(hp), seed)
    made = OPTIMIZERS[trained.optimizer](model.parameters(), **optimizer)
    scheduler = torch.optim.lr_scheduler.LambdaLR(made, schedule) if schedule else None
    stream, losses = trained.batches(seed), []
    for _ in range(trained.steps):
        inputs, targets = next(stream)
        made.zero_grad()
        loss = F.cross_entropy(model(inputs), targets, label_smoothing=smoothing)
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        made.step()
        if scheduler:
            scheduler.step()
        losses.append(loss.item())
    return losses, model


def furthest(ours: Any, theirs: Any) -> float:
    """The largest share by which numbers differ."""
    return max(abs(a - b) / abs(b) for a, b in zip(ours, theirs, strict=True))
