"""Finds the targets that answers are held against, by the values of the answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from wellfit.model.score import Score
from wellfit.observe.answers import routes
from wellfit.observe.scores import score_call

MOST_OUTPUTS = 8


@dataclass
class Pair:
    """What a model answered in one call of the program's, and what it answers the other way.

    Args:
        real: tensors that the program got.
        other: as many, from beside.
        real_is_cured: the program's own are the cured ones.
    """

    real: list[Tensor]
    other: list[Tensor]
    real_is_cured: bool


@dataclass
class Scored:
    """Answers scored both ways.

    Args:
        used: how many pairs are done with, oldest first; 0 for all.
    """

    as_is: Score
    cured: Score
    used: int = 0


def floats(result: Any) -> list[Tensor]:
    """Tensors of numbers with rows within what a model returned."""
    if isinstance(result, Tensor):
        return [result] if result.is_floating_point() and result.dim() else []
    if isinstance(result, dict):
        result = list(result.values())
    if not isinstance(result, (list, tuple)):
        return []
    return [tensor for value in result[:MOST_OUTPUTS] for tensor in floats(value)]


def match_loss(pairs: Sequence[Pair], function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Scored | None:
    """A loss function is called: on the latest answers?"""
    given = args[0] if args else kwargs.get("input")
    target = args[1] if len(args) > 1 else kwargs.get("target")
    if not isinstance(given, Tensor) or not isinstance(target, Tensor):
        return None
    options = {name: value for name, value in kwargs.items() if name not in ("input", "target")}
    for pair in reversed(pairs):
        for route in routes(pair.real, function, tuple(given.shape)):
            real, other = route.given(pair.real), route.given(pair.other)
            if real is not None and other is not None and _is_same(real.reshape(given.shape), given):
                return _score(pair, function, (real, other), target, options)
    return None


def match_comparison(pairs: Sequence[Pair], one: Tensor, two: Tensor) -> Scored | None:
    """Two tensors are compared: is one of them what was chosen by the latest answers, or by all that wait?"""
    for real, other, pair, used in _gathered(pairs):
        for choice, function in _choices(real):
            for guess, target in ((one, two), (two, one)):
                if choice.numel() == guess.numel() == target.numel() and _is_same(choice.reshape(guess.shape), guess):
                    scored = _score(pair, function, _rows(function, real, other, target), target.reshape(-1), {})
                    return None if scored is None else Scored(scored.as_is, scored.cured, used)
    return None


def match_difference(pairs: Sequence[Pair], one: Tensor, two: Tensor) -> Scored | None:
    """A tensor is taken from another: is one of them the latest answers, as they are?"""
    for real, other, pair, used in _gathered(pairs):
        for answers, target in ((one, two), (two, one)):
            fits = answers.numel() == real.numel() == target.numel() and not target.requires_grad
            if fits and _is_same(real.reshape(answers.shape), answers):
                scored = _score(pair, "mse_loss", (real, other), target, {})
                return None if scored is None else Scored(scored.as_is, scored.cured, used)
    return None


def _gathered(pairs: Sequence[Pair]) -> Iterator[tuple[Tensor, Tensor, Pair, int]]:
    """The answers of each waiting call, the latest first, then those of all calls one after the other."""
    for position in reversed(range(len(pairs))):
        pair = pairs[position]
        yield from ((real, other, pair, position + 1) for real, other in zip(pair.real, pair.other, strict=True))
    if len(pairs) > 1 and all(pair.real and pair.real[0].shape[1:] == pairs[0].real[0].shape[1:] for pair in pairs):
        yield torch.cat([p.real[0] for p in pairs]), torch.cat([p.other[0] for p in pairs]), pairs[-1], 0


def _choices(real: Tensor) -> Iterator[tuple[Tensor, str]]:
    """What can be chosen by answers: the class that scores highest, or yes above the middle."""
    if real.dim() > 1 and real.shape[1] > 1:
        yield real.argmax(1), "cross_entropy"
    if real.dim() > 2 and real.shape[-1] > 1:  # noqa: PLR2004 - a sequence of scores
        yield real.argmax(-1), "cross_entropy"
    for middle in (0.0, 0.5):
        yield real > middle, "binary_cross_entropy_with_logits"


def _rows(function: str, real: Tensor, other: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both answers with one row for each target."""
    if function != "cross_entropy":
        return real.reshape(-1), other.reshape(-1)
    dim = 1 if real.shape[0] * real.shape[2:].numel() == target.numel() else -1
    classes = real.shape[dim]
    return real.movedim(dim, -1).reshape(-1, classes), other.movedim(dim, -1).reshape(-1, classes)


def _score(
    pair: Pair, function: str, answers: tuple[Tensor, Tensor], target: Tensor, options: dict[str, Any]
) -> Scored | None:
    if target.dtype == torch.bool or (function != "cross_entropy" and not target.is_floating_point()):
        target = target.float() if function != "cross_entropy" else target.long()
    several = target.numel() > len(pair.real[0]) and function in ("cross_entropy", "nll_loss")
    real, other = (score_call(function, given, target, options, positions=several) for given in answers)
    if real is None or other is None:
        return None
    return Scored(other, real) if pair.real_is_cured else Scored(real, other)


def _is_same(one: Tensor, two: Tensor) -> bool:
    """Whether both hold the same values, whatever their types."""
    if one is two or one.device != two.device:
        return one is two
    return bool(torch.equal(one.detach().double(), two.detach().double()))
