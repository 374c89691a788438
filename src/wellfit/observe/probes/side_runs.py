"""Once a run: does a sample's output depend on that sample alone, and is evaluation the same each time?"""

import weakref
from typing import Any

import torch
from torch import Tensor

from wellfit.model.events.side_run import Evaluated, SideRan
from wellfit.observe.dry_look import snapshot
from wellfit.observe.looks import look, may_look, refusal, stop_looking
from wellfit.observe.moments import Backward, Forward, LoaderStarted, LossCall
from wellfit.observe.probe import Probe
from wellfit.observe.roots import Root
from wellfit.observe.side_run import SideRun, Trace, attempt, generators, mixing_operation, moved_rows
from wellfit.observe.watch import Watch

FEWEST_ROWS = 3
"""Samples; with fewer there is no other row to look at."""

MOST_ROOTS = 2
"""Models that are looked at; each costs up to three forwards."""

ROWS_UNKNOWN = "how many samples it was given is not known"

MOST_SHAPES = 64
"""Different shapes of targets that are remembered."""

MOST_KINDS = 32
"""Classes of models whose evaluations are counted."""

CHECKED_EVALUATIONS = 3
"""Evaluation forwards whose rows are compared with each other, to see one sample many times over."""


class SideRunsProbe(Probe):
    """Writes `SideRan` and `Evaluated`."""

    emits = (SideRan, Evaluated)
    always = frozenset({"forward"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._looks: set[int] = set()
        self._kept: dict[int, tuple[Root, SideRun]] = {}
        self._given: dict[int, weakref.ref[Tensor]] = {}
        self._batch_sizes: set[int] = set()
        self._targets: set[tuple[int, ...]] = set()
        self._done: set[int] = set()
        self._evaluations: dict[str, Evaluations] = {}

    def on_forward(self, forward: Forward) -> None:
        """A root is called: look at it, keep what it is given, or count an evaluation."""
        if not forward.grad:
            if not forward.training and forward.root.has_parameters:
                self._count_evaluation(forward)
            return
        if not self.watch.clock.sampled or not forward.training or not forward.root.has_parameters:
            return
        index = forward.root.index
        if index in self._looks and index not in self._done and index not in self._kept:
            self._keep(forward)
        elif index not in self._looks and len(self._looks) < MOST_ROOTS and may_look(self.watch):
            self._look(forward)

    def _keep(self, forward: Forward) -> None:
        first = _first_tensor(forward.args, forward.kwargs)
        rows = first.shape[0] if first is not None and first.dim() else 0
        earlier = self._given.get(forward.root.index)
        whole = first is not None and earlier is not None and earlier() is first
        run = SideRun(forward.module, forward.args, dict(forward.kwargs), rows, whole)
        self._kept[forward.root.index] = (forward.root, run)

    def on_loss_call(self, call: LossCall) -> None:
        """How many targets there are tells how many samples."""
        if call.target.dim() and len(self._targets) < MOST_SHAPES:
            self._targets.add(tuple(call.target.shape))

    def on_loader(self, started: LoaderStarted) -> None:
        """So does a loader."""
        size = getattr(started.loader, "batch_size", None)
        if isinstance(size, int):
            self._batch_sizes.add(size)

    def on_backward(self, backward: Backward) -> None:
        """The model's call is over, whatever became of the look."""
        del backward
        stop_looking(self.watch)

    def iteration_end(self) -> None:
        """Between two iterations: run what was kept, and let go of it."""
        kept, self._kept = self._kept, {}
        for index, (root, run) in kept.items():
            self._done.add(index)
            self.watch.emit(self._run(root, run))
        self._write_evaluations()

    def end(self) -> None:
        """The totals, and the models that were never run."""
        for index in self._looks - self._done:
            self.watch.emit(_refusal(self.watch.clock.step, self.watch.roots.all[index], "the run ended too early"))
        self._write_evaluations()

    # --- the dry look ---

    def _look(self, forward: Forward) -> None:
        index = forward.root.index
        self._looks.add(index)
        first = _first_tensor(forward.args, forward.kwargs)
        if first is not None:
            self._given[index] = weakref.ref(first)
        look(self.watch, forward)

    # --- the side-run ---

    def _run(self, root: Root, run: SideRun) -> SideRan:
        step = self.watch.clock.step
        reason = (root.looked.reason if root.looked else "") or refusal(self.watch, run.module)
        if reason or run.first() is None:
            return _refusal(step, root, reason or ROWS_UNKNOWN)
        before = snapshot(run.module)
        compare = _compare if self._knows_rows(run) else _repeat
        seen = attempt(lambda: compare(step, root, run))
        if isinstance(seen, str):
            return _refusal(step, root, f"its call in evaluation mode raised {seen}")
        if snapshot(run.module) != before:
            self.watch.step_aside("side-runs", "a call in evaluation mode changed what the model holds")
        return seen

    def _knows_rows(self, run: SideRun) -> bool:
        """Whether samples lie along dimension 0: a target for each, and not one for each step of each sequence."""
        first = run.first()
        if run.rows < FEWEST_ROWS or first is None:
            return False
        if run.rows in self._batch_sizes:
            return True
        given = tuple(first.shape)
        return any(t[0] == run.rows and (len(t) == 1 or t[:2] != given[:2]) for t in self._targets)

    # --- evaluations ---

    def _count_evaluation(self, forward: Forward) -> None:
        kind = forward.root.kind
        if kind not in self._evaluations and len(self._evaluations) >= MOST_KINDS:
            return
        counts = self._evaluations.setdefault(kind, Evaluations())
        given = _first_tensor(forward.args, forward.kwargs)
        if given is not None:
            counts.count(given, iteration=self.watch.clock.iteration, look=self.watch.may_compute())

    def _write_evaluations(self) -> None:
        for kind, counts in self._evaluations.items():
            if counts.forwards != counts.written:
                counts.written = counts.forwards
                self.watch.emit(Evaluated(self.watch.clock.step, kind, counts.forwards, counts.repeated))


class Evaluations:
    """Counts the evaluations of one model, and those that repeat a sample on purpose."""

    def __init__(self) -> None:
        self.forwards = 0
        self.repeated = 0
        self.written = 0
        self._last: tuple[weakref.ref[Tensor], int, int] | None = None

    def count(self, given: Tensor, *, iteration: int, look: bool) -> None:
        """One more forward; the same input again counts where no training lies between the two."""
        self.forwards += 1
        same = self._last is not None and self._last[0]() is given and self._last[1:] == (_version(given), iteration)
        if same or (look and self.forwards <= CHECKED_EVALUATIONS and _repeats_a_row(given)):
            self.repeated += 1
        self._last = (weakref.ref(given), _version(given), iteration)


def _compare(step: int, root: Root, run: SideRun) -> SideRan:
    state = generators()
    as_is = run.run(replace_first=False, traced=True, state=state)
    replaced = run.run(replace_first=True, traced=True, state=state)
    dropouts = tuple(as_is.dropouts.values())
    if as_is.output is None or replaced.output is None:
        return SideRan(step, root.kind, "its output has no row for each sample", run.rows, 0, None, dropouts, None)
    moved = [row for row in moved_rows(as_is.output, replaced.output) if row != 0]
    mixing = mixing_operation(as_is, replaced, run.rows, softmaxes=not run.whole) if moved else None
    differs = _differs(run, as_is) if dropouts else None
    return SideRan(step, root.kind, "", run.rows, len(moved), mixing, dropouts, differs)


def _repeat(step: int, root: Root, run: SideRun) -> SideRan:
    """Whether evaluation is the same each time can be seen without knowing where the samples lie."""
    as_is = run.run(replace_first=False, traced=True, state=generators())
    dropouts = tuple(as_is.dropouts.values())
    differs = _differs(run, as_is) if dropouts else None
    return SideRan(step, root.kind, ROWS_UNKNOWN, 0, 0, None, dropouts, differs)


def _differs(run: SideRun, first: Trace) -> bool:
    """Whether other random numbers make another output."""
    torch_state, *others = generators()
    plain = torch.Generator()
    plain.manual_seed(int(torch_state.sum()) + 1)
    cuda = None if others[0] is None else [_reseeded(s) for s in others[0]]
    again = run.run(replace_first=False, traced=False, state=(plain.get_state(), cuda, *others[1:]))
    if first.output is None or again.output is None:
        return False
    return bool(moved_rows(first.output, again.output))


def _reseeded(state: Tensor) -> Tensor:
    other = state.clone()
    other[0] ^= 1
    return other


def _refusal(step: int, root: Root, reason: str) -> SideRan:
    return SideRan(step, root.kind, reason, 0, 0, None, (), None)


def _first_tensor(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    return next((v for v in (*args, *kwargs.values()) if isinstance(v, Tensor)), None)


def _version(given: Tensor) -> int:
    return -1 if given.is_inference() else given._version


def _repeats_a_row(given: Tensor) -> bool:
    """Whether the first sample stands in the batch several times."""
    if given.dim() < 2 or given.shape[0] < FEWEST_ROWS:  # noqa: PLR2004 - samples with features
        return False
    with torch.no_grad():
        alike = (given.detach() == given.detach()[:1]).reshape(given.shape[0], -1).all(dim=1)
        return int(alike.sum()) >= FEWEST_ROWS
