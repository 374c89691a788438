"""What a model answers in evaluation mode on given inputs, held against targets as its training loss does.

The model is called beside the training, as `side_run` does it: without gradients, on clones of its buffers, with every
random generator put back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.model.score import Score
from wellfit.observe.kept import Batch
from wellfit.observe.scores import BINARY_LOSSES, CLASS_LOSSES, REGRESSION_LOSSES, score_call
from wellfit.observe.side_run import evaluation_mode, generators_restored

SCORED = CLASS_LOSSES | BINARY_LOSSES | REGRESSION_LOSSES
"""Loss functions whose answers and targets are understood."""

MOST_SCORED = 1 << 18
"""Numbers of one call's answers that are read; of more, the first samples'."""

MOST_PARTS = 16
"""Parts of a batch whose samples have many answers each, for the spread between samples."""

MOST_OUTPUTS = 16

Change = Literal["none", "flat", "classes second"]
Caught = tuple[str, Tensor, Tensor, dict[str, Any]]
"""A call of a loss function within the model's own forward: its name, input, target and options."""


@dataclass(frozen=True)
class Route:
    """How what a model returns becomes what its loss is given.

    Args:
        inside: the model computes its loss itself.
        output: which of the tensors that it returns.
        change: what is done to the shape.
    """

    inside: bool
    output: int = 0
    change: Change = "none"

    def samples(self, given: Tensor, samples: int) -> int:
        """How many samples what reaches the loss holds: its rows, unless they were flattened on the way.

        Args:
            given: what reaches the loss.
            samples: along dimension 0 of what the model was given, which may hold time steps instead.
        """
        return samples if self.inside or self.change == "flat" or not given.dim() else len(given)

    def given(self, outputs: Sequence[Tensor]) -> Tensor | None:
        """What the loss would be given."""
        if self.output >= len(outputs):
            return None
        made = outputs[self.output]
        if self.change == "flat":
            return made.reshape(-1, made.shape[-1])
        return made.movedim(-1, 1) if self.change == "classes second" else made


@dataclass
class Answers:
    """What one call of a model gave: the tensors that it returned, and the losses that it computed itself."""

    outputs: list[Tensor]
    caught: list[Caught]


Catch = Callable[[list[Caught]], Any]
"""A context manager's function: while it lasts, calls of loss functions go into the list."""


class Evaluation:
    """A model in evaluation mode, for as long as a `with` block of `evaluating` lasts."""

    def __init__(self, module: Module, catch: Catch) -> None:
        self._module = module
        self._catch = catch
        self._buffers = {name: b.clone() for name, b in module.named_buffers()}

    def answer(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answers:
        """Call the model once."""
        caught: list[Caught] = []
        with self._catch(caught):
            result = torch.func.functional_call(self._module, self._buffers, args, kwargs)
        return Answers(_floats(result), caught)


@contextmanager
def evaluating(module: Module, catch: Catch) -> Iterator[Evaluation]:
    """Put a model into evaluation mode, and leave no trace of it."""
    cached = torch.is_autocast_cache_enabled()
    with evaluation_mode(module), generators_restored(), torch.no_grad():
        torch.set_autocast_cache_enabled(False)  # else weights that were cast here lack their gradients
        try:
            yield Evaluation(module, catch)
        finally:
            torch.set_autocast_cache_enabled(cached)


def routes(outputs: Sequence[Tensor], function: str, given: tuple[int, ...]) -> list[Route]:
    """Every way by shape from what a model returned to what its loss was given."""
    return [
        Route(inside=False, output=index, change=change)
        for index, output in enumerate(outputs)
        for change in _changes(tuple(output.shape), function, given)
    ]


def _changes(made: tuple[int, ...], function: str, given: tuple[int, ...]) -> list[Change]:
    if made == given:
        return ["none"]
    if function not in CLASS_LOSSES:
        return ["none"] if [n for n in made if n > 1] == [n for n in given if n > 1] else []
    found: list[Change] = []
    if len(made) > 2 and (torch.Size(made[:-1]).numel(), made[-1]) == given:  # noqa: PLR2004 - (N, ..., C)
        found.append("flat")
    if len(made) > 2 and (made[0], made[-1], *made[1:-1]) == given:  # noqa: PLR2004
        found.append("classes second")
    return found


def score_answers(
    function: str, given: Tensor, target: Tensor, options: dict[str, Any], *, samples: int
) -> list[Score] | None:
    """Score one call; in parts of some samples each, where a sample has many answers.

    Args:
        function: the loss function's public name.
        given: what reaches it; its dimension 0 holds the samples one after the other.
        target: as it reaches it.
        options: its other arguments.
        samples: in the batch.

    Returns:
        None where the function or the shapes are of another kind.
    """
    many = samples > 0 and target.numel() > samples and (function not in CLASS_LOSSES or not target.is_floating_point())
    if not many:
        given, target = _first(given, target, given.shape[0] if given.dim() else 0)
        return _listed(score_call(function, given, target, options, positions=False))
    if not given.dim() or not target.dim() or len(given) % samples or len(target) % samples:
        return _listed(score_call(function, given, target, options, positions=True))
    per_sample = len(given) // samples
    given, target = _first(given, target, samples)
    kept = len(given) // per_sample
    parts = [
        score_call(function, one, other, options, positions=True)
        for one, other in zip(_parts(given, kept), _parts(target, kept), strict=True)
    ]
    return [part for part in parts if part is not None] or None


def _first(given: Tensor, target: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The first samples of both, as many as may be read."""
    if given.numel() <= MOST_SCORED or samples < 2 or len(target) % samples:  # noqa: PLR2004
        return given, target
    most = max(1, samples * MOST_SCORED // given.numel())
    return given[: most * (len(given) // samples)], target[: most * (len(target) // samples)]


def _parts(tensor: Tensor, samples: int) -> tuple[Tensor, ...]:
    """Up to `MOST_PARTS` parts of whole samples."""
    count = min(MOST_PARTS, samples)
    per_sample = len(tensor) // samples
    borders = [per_sample * (samples * i // count) for i in range(1, count)]
    return torch.tensor_split(tensor, borders)


def _listed(score: Score | None) -> list[Score] | None:
    return None if score is None else [score]


def score_batch(answers: Answers, batch: Batch, route: Route) -> list[Score] | None:
    """Score what a model answered on a training batch."""
    if route.inside:
        return score_caught(answers.caught, batch.function, batch.samples)
    given = route.given(answers.outputs)
    if given is None:
        return None
    samples = route.samples(given, batch.samples)
    return score_answers(batch.function, given, batch.target, batch.options, samples=samples)


def score_caught(caught: Sequence[Caught], function: str, samples: int) -> list[Score] | None:
    """Score the loss that a model computed itself."""
    found = next((c for c in caught if c[0] == function), None)
    return None if found is None else score_answers(*found, samples=samples)


def _floats(result: Any, depth: int = 3) -> list[Tensor]:
    """Tensors of numbers within what a model returned."""
    if isinstance(result, Tensor):
        return [result] if result.is_floating_point() and result.dim() else []
    if not depth or not isinstance(result, (dict, tuple, list)):
        return []
    members = list(result.values()) if isinstance(result, dict) else list(result)
    return [t for v in members[:MOST_OUTPUTS] for t in _floats(v, depth - 1)]
