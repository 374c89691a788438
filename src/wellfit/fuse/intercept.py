"""What forwards and losses call that cannot be left to torch where trials are stacked, or must be repeatable."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from wellfit.fuse import losses, norms, planes
from wellfit.fuse.attention import attention, parted
from wellfit.fuse.draws import Draws
from wellfit.fuse.dropouts import alpha_dropout, dropout, feature_dropout
from wellfit.fuse.nested import mapped
from wellfit.fuse.products import linear

ATTENTION = F.scaled_dot_product_attention
"""Torch's own, also while another stands under its name."""

CROSS_ENTROPY: Callable[..., Tensor] = F.cross_entropy

LEADING = ("input", "query", "key", "value", "target")
"""Arguments that come first in torch's functions, in their order, and may be given by name."""

HEADS = signature(F.multi_head_attention_forward)

UNBATCHED = {F.dropout1d: 2, F.dropout2d: 0, F.dropout3d: 4}
"""Dropouts of channels, and the axes of an input that has no batch."""


class Intercepted(TorchFunctionMode):
    """Within it, dropouts take their numbers from seed, step and place, and cross-entropy its smoothing from the trial.

    Args:
        draws: the numbers of this step; None in evaluation, which draws none.
        smoothing: of the labels, a number or a tensor of shape (); None leaves the loss as it is.
        stacked: whether trials are stacked, by vmap: batch norm and cross-entropy are then taken apart.

    Attributes:
        dropped: whether any dropout drew.
        smoothed: whether any cross-entropy was there to take a smoothing.
    """

    def __init__(self, draws: Draws | None, smoothing: float | Tensor | None, *, stacked: bool) -> None:
        super().__init__()
        self._draws, self._smoothing, self._stacked, self._places = draws, smoothing, stacked, 0
        self.dropped = self.smoothed = False
        self._takers: dict[Any, Callable[..., Any]] = {
            F.dropout: self._dropout,
            torch.dropout: self._torch_dropout,
            F.alpha_dropout: self._alpha,
            F.feature_alpha_dropout: self._alpha_features,
            ATTENTION: self._attention,
            F.multi_head_attention_forward: self._heads,
            CROSS_ENTROPY: self._cross_entropy,
            **{known: self._channels(axes) for known, axes in UNBATCHED.items()},
        }
        if stacked:
            self._takers |= {F.batch_norm: norms.batch_norm, F.linear: linear, **planes.TAKERS}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Torch's own hook, called for every function of torch."""
        named, taker = dict(kwargs or {}), self._takers.get(func)
        if taker is None:
            return self._torchs(func, args, named)
        leading = [named.pop(name) for name in LEADING if name in named]
        return taker(*args, *leading, **named)

    def _torchs(self, func: Any, args: Any, named: dict[str, Any]) -> Any:
        try:
            return func(*args, **named)
        except RuntimeError:
            if not self._stacked:
                raise
        # some of torch's functions ask how images lie in memory, which vmap answers only where channels do not lie last
        return func(*mapped(Tensor.contiguous, args), **mapped(Tensor.contiguous, named))

    def _draw(self, p: Any, device: torch.device) -> Callable[[tuple[int, ...]], Tensor] | None:
        """The numbers of the next dropout; None where nothing is dropped, which takes a place all the same."""
        place, self._places, draws = self._places, self._places + 1, self._draws
        if draws is None or not (isinstance(p, Tensor) or p > 0):
            return None
        self.dropped = True
        return lambda shape: draws.uniform(place, shape, device)

    def _dropout(self, x: Tensor, p: Any = 0.5, training: bool = True, inplace: bool = False) -> Tensor:  # noqa: FBT001, FBT002
        draw = self._draw(p, x.device) if training else None
        return x if draw is None else _into(x, dropout(x, p, draw), inplace=inplace)

    def _torch_dropout(self, x: Tensor, p: Any, train: bool) -> Tensor:  # noqa: FBT001  # torch.dropout's own signature
        return self._dropout(x, p, train)

    def _channels(self, unbatched: int) -> Callable[..., Tensor]:
        def taker(x: Tensor, p: Any = 0.5, training: bool = True, inplace: bool = False) -> Tensor:  # noqa: FBT001, FBT002
            draw = self._draw(p, x.device) if training else None
            return x if draw is None else _into(x, feature_dropout(x, p, draw, unbatched), inplace=inplace)

        return taker

    def _alpha(self, x: Tensor, p: Any = 0.5, training: bool = False, inplace: bool = False) -> Tensor:  # noqa: FBT001, FBT002
        draw = self._draw(p, x.device) if training else None
        return x if draw is None else _into(x, alpha_dropout(x, p, draw, features=False), inplace=inplace)

    def _alpha_features(self, x: Tensor, p: Any = 0.5, training: bool = False, inplace: bool = False) -> Tensor:  # noqa: FBT001, FBT002
        draw = self._draw(p, x.device) if training else None
        return x if draw is None else _into(x, alpha_dropout(x, p, draw, features=True), inplace=inplace)

    def _attention(self, q: Tensor, k: Tensor, v: Tensor, *args: Any, **options: Any) -> Tensor:
        named = dict(zip(("attn_mask", "dropout_p", "is_causal"), args, strict=False)) | options
        p = named.get("dropout_p", 0.0)
        draw = self._draw(p, q.device)
        if draw is None and not self._stacked:
            return ATTENTION(q, k, v, *args, **options)
        return attention(q, k, v, named, p, draw)

    def _heads(self, *args: Any, **options: Any) -> Any:
        bound = HEADS.bind(*args, **options)
        if self._stacked:
            bound.arguments |= parted(bound.arguments)
        p = bound.arguments["dropout_p"]
        if not isinstance(p, Tensor):
            with self._within(None):
                return F.multi_head_attention_forward(*bound.args, **bound.kwargs)
        bound.arguments["dropout_p"] = 0.5  # its own code compares it with 0, which no tensor of many trials can be
        with self._within(p):
            return F.multi_head_attention_forward(*bound.args, **bound.kwargs)

    @contextmanager
    def _within(self, chance: Tensor | None) -> Iterator[None]:
        """A mode is off within what it hands on; these are the two dropouts of torch's attention."""

        def inner_dropout(x: Tensor, p: Any = 0.5, training: bool = True, **_: Any) -> Tensor:  # noqa: FBT001, FBT002
            return self._dropout(x, p if chance is None else chance, training)

        def inner_attention(q: Tensor, k: Tensor, v: Tensor, *args: Any, **options: Any) -> Tensor:
            named = dict(zip(("attn_mask", "dropout_p", "is_causal"), args, strict=False)) | options
            return self._attention(q, k, v, **(named if chance is None else named | {"dropout_p": chance}))

        inner: dict[str, Callable[..., Any]] = {"linear": linear} if self._stacked else {}
        with _exchanged(inner | {"dropout": inner_dropout, "scaled_dot_product_attention": inner_attention}):
            yield

    def _cross_entropy(self, *args: Any, **options: Any) -> Tensor:
        smoothing, known = self._smoothing, CROSS_ENTROPY
        self.smoothed = True
        if smoothing is not None:
            options.pop("label_smoothing", None)
        if self._stacked and losses.is_plain(args, options):
            given: Any = options.get("label_smoothing") or None
            scores, classes = args
            return losses.cross_entropy(scores, classes, given if smoothing is None else smoothing, options)
        if smoothing is None:
            return known(*args, **options)
        return losses.blended(lambda mass: known(*args, **options, label_smoothing=mass), smoothing)


@contextmanager
def _exchanged(functions: dict[str, Callable[..., Any]]) -> Iterator[None]:
    known = {name: getattr(F, name) for name in functions}
    for name, function in functions.items():
        setattr(F, name, function)
    try:
        yield
    finally:
        for name, function in known.items():
            setattr(F, name, function)


def _into(x: Tensor, dropped: Tensor, *, inplace: bool) -> Tensor:
    return x.copy_(dropped) if inplace else dropped
