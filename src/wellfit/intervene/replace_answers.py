"""Put the right answers, or those of other samples, in the place of what a model answers in evaluation."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F
from torch.nn.modules.module import register_module_forward_hook

from wellfit.intervene.calls import before_calls, is_outermost, keywords
from wellfit.intervene.evaluation_passes import ConstantAnswers
from wellfit.intervene.intervention import Intervention, wrap
from wellfit.intervene.sites import is_ours
from wellfit.model.events.deep import AnswersReplaced
from wellfit.model.place import Place
from wellfit.observe.answers import SCORED
from wellfit.observe.calls import first_tensor
from wellfit.observe.targets import TargetKind, find_target, learn_kind
from wellfit.observe.variables import variables_beside

LEARNED_FROM = 8
"""Training batches that tell what targets look like and where they lie."""

SURE = 10.0
"""The score of the right class, and minus that of the others: a probability of 1 up to 1e-8."""

UNIT_TOLERANCE = 1e-3


class ReplaceAnswers(Intervention):
    """Calls of a model without gradients return what the targets beside them say, in the form that the model gives it.

    With `shuffled`, each sample gets the target of another sample of its batch. With `constant`, all samples of a pass
    get the same: the most frequent class of training or the mean, and others in later passes.
    """

    name = "replace_answers"
    options = frozenset({"shuffled", "constant"})

    def install(self) -> None:
        """Learn what targets look like in training, and stand behind the calls of evaluation."""
        self._generator = torch.Generator().manual_seed(0)
        self._kind: TargetKind | None = None
        self._beside: tuple[list[Any], Tensor] | None = None
        self._pending: tuple[Module, Tensor] | None = None
        self._batches = 0
        self._place: Place | None = None
        self._constant = ConstantAnswers(lambda: self.phases.steps)
        if self.cure.options.get("constant"):
            self._constant.install()
        before_calls(self._before)
        register_module_forward_hook(self._after)
        for name in SCORED:
            wrap((F,), name, self._around_loss)

    def scores(self) -> Iterable[object]:
        """Where answers were replaced, and how often."""
        if self.times:
            yield AnswersReplaced(self._place, self.times, self._constant.passes())

    def _before(self, module: Module, args: tuple[Any, ...]) -> None:
        if torch.compiler.is_compiling() or not is_outermost() or next(module.parameters(), None) is None:
            return
        self._pending = None
        if is_ours(sys._getframe()):
            return
        given = first_tensor(args, keywords())
        if given is None:
            return
        frame = sys._getframe(1)
        if torch.is_grad_enabled():
            if self._batches < LEARNED_FROM:
                self._beside = list(variables_beside(frame)), given
        elif self._kind is not None:
            target = find_target(variables_beside(frame), self._kind, given)
            if target is not None:
                self._pending = module, target
                self._place = self._place or self.sites.at(frame)

    def _around_loss(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def loss(given: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
            if self._beside is not None and isinstance(target, Tensor) and torch.is_grad_enabled():
                (levels, inputs), self._beside = self._beside, None
                self._learn(levels, inputs, target)
            return original(given, target, *args, **kwargs)

        return loss

    def _learn(self, levels: list[Any], inputs: Tensor, target: Tensor) -> None:
        self._batches += 1
        self._constant.learn(target)
        if self._kind is None:
            self._kind = learn_kind(levels, inputs, target)
        else:
            self._kind.widen(target)

    def _after(self, module: Module, _: Any, output: Any) -> Any:
        pending = self._pending
        if pending is None or pending[0] is not module or not is_outermost():
            return None
        self._pending = None
        if not isinstance(output, Tensor):
            return None
        answers = answers_for(output, self._wanted(pending[1].to(output.device)))
        if answers is not None:
            self.applied()
        return answers

    def _wanted(self, target: Tensor) -> Tensor:
        if self.cure.options.get("constant"):
            return self._constant.answer(target)
        if self.cure.options.get("shuffled"):
            return target[torch.randperm(len(target), generator=self._generator).to(target.device)]
        return target


def answers_for(real: Tensor, target: Tensor) -> Tensor | None:
    """Answers that say what the targets say, in the form of real ones: scores, probabilities or their logarithms.

    Args:
        real: what the model answers, float; classes along the last dimension or along dimension 1.
        target: class numbers, yes or no, or numbers.

    Returns:
        None where the shapes fit in no way.
    """
    if not target.is_floating_point() and real.dim() == target.dim() + 1:
        if tuple(real.shape[:-1]) == tuple(target.shape):
            return _of_classes(real, target)
        if tuple(real.shape[:1] + real.shape[2:]) == tuple(target.shape):
            return _of_classes(real.movedim(1, -1), target).movedim(-1, 1)
    if real.numel() != target.numel():
        return None
    wanted = target.reshape(real.shape).to(real.dtype)
    if bool(((wanted == 0) | (wanted == 1)).all()):
        return wanted if _are_probabilities(real) else SURE * (2 * wanted - 1)
    return wanted


def _of_classes(real: Tensor, target: Tensor) -> Tensor:
    classes = real.shape[-1]
    right = F.one_hot(target.long().clamp(0, classes - 1), classes).to(real.dtype)
    sums = real.float().sum(-1)
    if _are_probabilities(real) and bool(((sums - 1).abs() <= UNIT_TOLERANCE).all()):
        return right
    if bool((real.float().logsumexp(-1).abs() <= UNIT_TOLERANCE).all()):
        return (SURE * (2 * right - 1)).log_softmax(-1)
    return SURE * (2 * right - 1)


def _are_probabilities(real: Tensor) -> bool:
    return bool((real.min() >= 0) & (real.max() <= 1))
