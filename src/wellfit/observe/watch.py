"""What all probes of a process share, and who of them is told of what."""

import time
from collections.abc import Callable
from typing import Any

from torch import Tensor

from wellfit.model.cure import Trial
from wellfit.model.events.run import Counted, Ended, ProbeBroke, SteppedAside
from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.clock import Clock
from wellfit.observe.lines import Lines
from wellfit.observe.losses import Losses
from wellfit.observe.made import MadeModules
from wellfit.observe.moments import (
    Operation,
    Totals,
)
from wellfit.observe.optimizers import Optimizers
from wellfit.observe.probe import MOMENTS, RARE, Probe
from wellfit.observe.recorder import Recorder
from wellfit.observe.roots import Roots

COUNTER_GROWTH = 1.5
"""Totals are written again once the steps have grown by this factor: at most a third of a killed run is lost."""

MOST_LINE_REQUESTS = 4
"""Iterations that may run with lines on for one suspicion, before its finding stands without a line."""

Listening = tuple[Probe, Callable[..., None]]


class Watch:
    """Everything that the probes share: the clock, the roots, the log, and whether tensors may be read now."""

    def __init__(
        self,
        recorder: Recorder,
        probes: tuple[type[Probe], ...],
        *,
        budget: int | None = None,
        trial: Trial | None = None,
    ) -> None:
        self.recorder = recorder
        self.clock = Clock()
        self.roots = Roots()
        self.optimizers = Optimizers()
        self.totals = Totals()
        self.lines = Lines(self._on_operation)
        self.made = MadeModules()
        self.budget = budget
        self.trial = trial
        self.closing: list[Callable[[], None]] = []
        """Called once when the process ends, after the probes."""
        self.compiled = False
        self.overheard: list[tuple[str, Tensor, Tensor, dict[str, Any]]] | None = None
        """Where calls of loss functions go while code of ours runs a model that computes its own loss."""
        self._probes = [kind(self) for kind in probes]
        self._listeners: dict[str, list[Listening]] = {}
        self._always: dict[str, list[Listening]] = {}
        self._glancing: list[Listening] = []
        self.attend: Callable[[frozenset[str]], None] = _ignore
        self._sort_listeners()
        self._busy = False
        self._line_requests: dict[str, int] = {}
        self._wants_lines = False
        self._next_count = 1
        self._aside: set[str] = set()
        self._budget_spent = False
        self._started = time.monotonic()
        self.losses = Losses()
        self.saved_hooks_used = False

    def emit(self, event: object) -> None:
        """Write an event to the log."""
        self.recorder.write(event)

    def finish(self) -> None:
        """End the run at its next optimizer step."""
        self.budget = 0

    def rest(self) -> None:
        """Let all probes tell what they have to, and be told of nothing from here on: steps take their own time."""
        self._tell_guarded("end")
        self._probes = []
        self._sort_listeners()

    @property
    def busy(self) -> bool:
        """Whether code of ours is at work, whose calls are not the program's."""
        return self._busy

    def may_compute(self) -> bool:
        """Whether a tensor operation of ours would be seen by nobody but us."""
        reason = adapter.foreign_mode_active(self.lines.depth)
        if reason is None:
            return True
        self.step_aside("reading values", reason + " of the program's own is active")
        return False

    def step_aside(self, what: str, reason: str) -> None:
        """Say once that a part of the watching stepped aside."""
        if what not in self._aside:
            self._aside.add(what)
            self.emit(SteppedAside(what, reason))

    def request_lines(self, suspicion: str) -> None:
        """Run the next iteration in full and with the line of every operation; a few times per suspicion."""
        asked = self._line_requests.get(suspicion, 0)
        if asked < MOST_LINE_REQUESTS and not self.compiled:
            self._line_requests[suspicion] = asked + 1
            self._wants_lines = True
            self.clock.ask_for_full_iteration()

    def lines_found(self, suspicion: str) -> None:
        """The line behind a suspicion is known: ask for it no more."""
        self._line_requests[suspicion] = MOST_LINE_REQUESTS

    def follow_operations(self, probe: Probe, listener: Callable[[Operation], None]) -> bool:
        """Tell one probe alone of each operation from here on, until `lines.remove`; False where modes must not be.

        Only for the forward pass of a module in training mode: those of evaluation have fast paths that look at
        torch's mode stack.
        """

        def tell(operation: Operation) -> None:
            if self._busy:
                return
            self._busy = True
            try:
                listener(operation)
            except Exception as error:  # noqa: BLE001 - a probe must never break the user's run
                self.lines.shut()
                self._turn_off(probe, error)
            finally:
                self._busy = False

        return not self.compiled and self.lines.start(tell)

    def join(self, probe: Probe) -> None:
        """One more probe, from another room, listens from here on."""
        self._probes.append(probe)
        self._sort_listeners()

    def listen_again(self) -> None:
        """A probe has changed what it always listens to."""
        self._sort_always()

    def saw_compile(self) -> None:
        """Part of the program is compiled: no modes and no side-runs from here on."""
        if not self.compiled:
            self.compiled = True
            self.lines.remove()
            self.step_aside("lines and side-runs", "part of the model is compiled by torch.compile")

    def break_down(self, error: Exception) -> None:
        """Something outside the probes went wrong: stop to watch, say so, and leave the run alone."""
        self._probes = []
        self._sort_listeners()
        self._busy = False
        self.lines.shut()
        self.emit(ProbeBroke("observer", f"{type(error).__name__}: {error}", _raised_at(error)))

    def _on_operation(self, operation: Operation) -> None:
        if not self._busy:
            self._tell_guarded("operation", operation)

    def end(self, how: str, error: str | None = None) -> None:
        """The process ends, or the step budget is reached: sum up and say so."""
        if self._ended_already():
            return
        self._tell_guarded("end")
        for close in self.closing:
            close()
        if self.clock.step or self.totals.training_forwards:
            self._write_counts()
            self.recorder.write(Ended(how, error), always=True)

    def _ended_already(self) -> bool:
        ended = "ended" in self._aside
        self._aside.add("ended")
        return ended

    def _count(self) -> None:
        self._next_count = max(self.clock.step + 1, int(self.clock.step * COUNTER_GROWTH))
        self._write_counts()

    def _write_counts(self) -> None:
        clock, totals = self.clock, self.totals
        counted = Counted(
            steps=clock.step,
            sampled_steps=clock.sampled_steps,
            iterations=clock.iteration,
            backwards=totals.backwards,
            training_forwards=totals.training_forwards,
            evaluation_forwards=totals.evaluation_forwards,
            elapsed_s=round(time.monotonic() - self._started, 3),
        )
        self.recorder.write(counted, always=True)

    def _sort_listeners(self) -> None:
        """Who is told of what: in sampled iterations, and in all of them."""
        for moment in (*MOMENTS, "iteration_end", "end"):
            method = moment if moment in ("iteration_end", "end") else f"on_{moment}"
            hearing = [(probe, getattr(probe, method)) for probe in self._probes if hasattr(probe, method)]
            self._listeners[moment] = hearing
        self._sort_always()

    def _sort_always(self) -> None:
        for moment, hearing in self._listeners.items():
            self._always[moment] = [(p, m) for p, m in hearing if moment in p.always or moment in RARE]
        calls = self._listeners["forward"]
        self._always["plain_forward"] = [(p, m) for p, m in calls if "plain_forward" in p.always]
        self._glancing = [(p, m) for p, m in calls if "plain_forward" in p.always | p.glances]
        self.sort_attention()

    def sort_attention(self) -> None:
        """Tell the seams which moments somebody wants to hear of now; a seam that nobody listens to is shut."""
        hearing = self._listeners if self.clock.sampled else self._always
        self.attend(frozenset(moment for moment, listeners in hearing.items() if listeners))

    def _wants(self, moment: str) -> bool:
        return bool(self._listeners[moment] if self.clock.sampled else self._always[moment])

    def _tell_guarded(self, moment: str, *values: object) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            self._tell(moment, *values)
        finally:
            self._busy = False

    def _tell(self, moment: str, *values: object) -> None:
        self._hand_out(self._listeners[moment] if self.clock.sampled else self._always[moment], *values)

    def _hand_out(self, hearing: list[Listening], *values: object) -> None:
        for probe, method in hearing:
            try:
                method(*values)
            except Exception as error:  # noqa: BLE001 - a probe must never break the user's run
                self._turn_off(probe, error)

    def _turn_off(self, probe: Probe, error: Exception) -> None:
        self._probes = [p for p in self._probes if p is not probe]
        self._sort_listeners()
        self.emit(ProbeBroke(type(probe).__name__, f"{type(error).__name__}: {error}", _raised_at(error)))


def _raised_at(error: Exception) -> Place | None:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return None
    code = trace.tb_frame.f_code
    return Place(code.co_filename, trace.tb_lineno, code.co_name)


def _ignore(_: frozenset[str]) -> None:
    """Nobody attends before the seams are in place."""
