"""Evaluation bugs: the answers of one and the same model, as the program evaluates it and as it should be evaluated.

Nothing is changed about the run. Beside each evaluation, and beside each training call once the weights are held
still, the model is asked once more the other way; what the program holds its answers against is then known by value.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F
from torch.nn.modules.module import register_module_forward_hook

from wellfit.intervene.calls import before_calls, is_outermost, keywords
from wellfit.intervene.intervention import Intervention, wrap
from wellfit.intervene.matching import Pair, Scored, floats, match_comparison, match_difference, match_loss
from wellfit.model.events.trial import Scored as ScoredEvent
from wellfit.model.score import Score
from wellfit.observe.answers import SCORED
from wellfit.observe.side_run import generators_restored

COMPARISONS = ("__eq__", "__ne__", "eq", "ne")
DIFFERENCES = ("__sub__", "__rsub__", "sub")

MOST_PAIRS = 256
"""Calls whose answers wait for their targets: programs gather those of a whole pass."""


@dataclass
class _Asked:
    module: Module
    other: list[Tensor]
    real_is_cured: bool


class BothWays(Intervention):
    """Base of interventions that score what a model answers as is and cured, on the same weights and batches."""

    def install(self) -> None:
        """Listen to calls of models, and to what their answers are held against."""
        self._asked: _Asked | None = None
        self._busy = False
        self._pairs: list[Pair] = []
        self._late: dict[str, tuple[Score, Score]] = {}
        self._evaluated_at = -1
        self._pools: dict[str, tuple[Score, Score]] = {}
        before_calls(self._before)
        register_module_forward_hook(self._after)
        for name in SCORED:
            wrap((F,), name, self._around_loss)
        for names, match in ((COMPARISONS, match_comparison), (DIFFERENCES, match_difference)):
            for name in names:
                wrap((torch, Tensor), name, self._listening(match))

    def is_evaluation(self, module: Module) -> bool:
        """Whether a call of the program's that has just begun is one of the evaluations in question."""
        raise NotImplementedError

    def as_is(self, module: Module) -> AbstractContextManager[None]:
        """While it lasts, the model answers as the program evaluates it."""
        raise NotImplementedError

    def cured(self, module: Module) -> AbstractContextManager[None]:
        """While it lasts, it answers as it should."""
        raise NotImplementedError

    def held_is_cured(self) -> bool:
        """Whether a training call under weights held still, in evaluation mode, answers as it should."""
        raise NotImplementedError

    def scores(self) -> Iterable[object]:
        """Of the latest evaluation, or, where the program made none, of the batches under weights held still."""
        for as_is, cured in (self._late or self._pools).values():
            yield ScoredEvent(self.cure.place, as_is, cured)

    def _before(self, module: Module, args: tuple[Any, ...]) -> None:
        if torch.compiler.is_compiling() or self._busy or not is_outermost():
            return
        evaluation = not self.phases.holds and self.is_evaluation(module)
        held = self.phases.holds and torch.is_grad_enabled() and next(module.parameters(), None) is not None
        if evaluation or held:
            real_is_cured = held and self.held_is_cured()
            way = self.as_is if real_is_cured else self.cured
            self._asked = _Asked(module, self._ask(module, args, keywords(), way), real_is_cured)
            self._note_evaluation(evaluation)

    def _note_evaluation(self, evaluation: bool) -> None:  # noqa: FBT001 - what the call is
        """A later evaluation counts in the place of an earlier one: it is of a model that has learned more."""
        if evaluation and self._evaluated_at != self.phases.steps:
            self._evaluated_at = self.phases.steps
            self._late, self._pairs = {}, []

    def _ask(self, module: Module, args: Any, kwargs: Any, way: Callable[..., Any]) -> list[Tensor]:
        self._busy = True
        try:
            with generators_restored(), torch.no_grad(), way(module):
                buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
                return floats(torch.func.functional_call(module, buffers, args, kwargs))
        finally:
            self._busy = False

    def _after(self, module: Module, _: Any, output: Any) -> None:
        asked = self._asked
        if asked is None or asked.module is not module or self._busy or not is_outermost():
            return
        self._asked = None
        real = [tensor.detach() for tensor in floats(output)]
        if len(real) == len(asked.other) and len(self._pairs) < MOST_PAIRS:
            self._pairs.append(Pair(real, asked.other, asked.real_is_cured))

    def _around_loss(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def loss(*args: Any, **kwargs: Any) -> Any:
            self._listen(lambda: match_loss(self._pairs, original.__name__, args, kwargs))
            return original(*args, **kwargs)

        return loss

    def _listening(self, match: Callable[..., Scored | None]) -> Callable[..., Any]:
        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def operation(*args: Any, **kwargs: Any) -> Any:
                if len(args) > 1 and isinstance(args[0], Tensor) and isinstance(args[1], Tensor):
                    self._listen(lambda: match(self._pairs, args[0], args[1]))
                return original(*args, **kwargs)

            return operation

        return around

    def _listen(self, match: Callable[[], Scored | None]) -> None:
        if not self._pairs or self._busy or torch.compiler.is_compiling():
            return
        self._busy = True
        try:
            with torch.no_grad():
                self._take(match())
        finally:
            self._busy = False

    def _take(self, scored: Scored | None) -> None:
        if scored is None:
            return
        self._pairs = self._pairs[scored.used :] if scored.used else []
        pools = self._pools if self.phases.holds else self._late
        known = pools.get(scored.as_is.task)
        before, after = (scored.as_is, scored.cured)
        pools[scored.as_is.task] = (known[0] + before, known[1] + after) if known else (before, after)
        self.applied()
