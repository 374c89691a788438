"""In which mode the modules are while they are trained."""

import weakref
from collections import Counter
from dataclasses import dataclass, field

from torch.nn import Module

from wellfit.model.events.loop import TrainingModeSeen
from wellfit.model.place import Place
from wellfit.observe.cycle import parameters_of
from wellfit.observe.moments import Backward, Forward, ModeSet, Operation, Step
from wellfit.observe.probe import Probe
from wellfit.observe.roots import Root, mode_matters
from wellfit.observe.watch import Watch

MOST_ROOTS = 32
"""Modules that are followed."""

MOST_IN_TRAINING = 2
"""Iterations in training mode that are written for each module; they only say that it was looked at."""

MOST_IN_EVALUATION = 8
"""Iterations in evaluation mode that are written, and asked for, for each module."""

TRAINED_SHARE = 0.5
"""Share of a module's parameters that must be stepped on; of a module that is trained in part, the mode is chosen."""

MOST_MODE_CALLS = 256
"""Modules whose latest `eval` or `train` is remembered."""

_SUSPICION = "a functional dropout that is off"
_DROPOUTS = frozenset({"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"})


@dataclass
class _Course:
    """What one root did: over the run, and in the iteration that runs now."""

    root: Root
    iteration: int = -1
    trained: bool = False
    trained_before: bool = False
    evaluations: int = 0
    training: int = 0
    evaluating: int = 0
    reached: bool = False
    stepped: set[int] = field(default_factory=set)
    place: Place | None = None
    written: Counter[bool] = field(default_factory=Counter)
    asked: int = 0

    def enter(self, iteration: int) -> None:
        if self.iteration != iteration:
            self.iteration, self.trained_before = iteration, self.trained
            self.training = self.evaluating = 0
            self.reached = False
            self.stepped.clear()


class TrainingModesProbe(Probe):
    """Writes `TrainingModeSeen`."""

    emits = (TrainingModeSeen,)
    always = frozenset({"forward", "mode_set"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._courses: dict[int, _Course] = {}
        self._mode_calls: dict[int, tuple[weakref.ref[Module], Place | None]] = {}
        self._functional: Counter[str] = Counter()

    def on_mode_set(self, mode: ModeSet) -> None:
        """Remember the line, the latest last."""
        self._mode_calls.pop(id(mode.module), None)
        if len(self._mode_calls) < MOST_MODE_CALLS:
            self._mode_calls[id(mode.module)] = (weakref.ref(mode.module), mode.place)

    def on_forward(self, forward: Forward) -> None:
        """Count, and look closer where a module is called in evaluation mode with gradients on."""
        course = self._course(forward.root)
        if course is None:
            return
        course.enter(self.watch.clock.iteration)
        if not forward.grad:
            course.evaluations += not forward.training
        elif forward.training:
            course.training += 1
            course.trained, course.evaluations, course.place = True, 0, forward.place
        else:
            course.evaluating += 1
            course.place = forward.place
            if course.evaluating > 1:  # twice before a step: an evaluation that leaves gradients on
                course.evaluations += 1
            self._ask(course)

    def _ask(self, course: _Course) -> None:
        if course.asked < MOST_IN_EVALUATION:
            course.asked += 1
            self.watch.clock.ask_for_full_iteration()

    def on_backward(self, backward: Backward) -> None:
        """Whether gradients flow into the module."""
        for course in self._of_this_iteration():
            course.reached |= not course.root.names.keys().isdisjoint(backward.graph.leaves)

    def on_step_end(self, step: Step) -> None:
        """Write what the iteration has shown of each module whose parameters are stepped on."""
        stepped = {id(p) for p in parameters_of(step.optimizer)}
        for course in self._of_this_iteration():
            course.stepped |= stepped
            if course.reached and bool(course.training) != bool(course.evaluating) and _is_trained(course):
                self._write(course)
                course.reached = False

    def on_operation(self, operation: Operation) -> None:
        """A functional dropout that was told not to act."""
        if operation.name in _DROPOUTS and operation.kwargs.get("training") is False and operation.kwargs.get("p"):
            self._functional[f"F.{operation.name}"] += 1
            self.watch.lines_found(_SUSPICION)

    def _write(self, course: _Course) -> None:
        module = course.root.reference()
        training = bool(course.training)
        most = MOST_IN_TRAINING if training else MOST_IN_EVALUATION
        if module is None or course.written[training] >= most:
            return
        layers = self._layers(module)
        if layers is None:
            return
        course.written[training] += 1
        seen = TrainingModeSeen(
            step=self.watch.clock.step,
            root=course.root.index,
            kind=course.root.kind,
            training=training,
            layers=layers,
            trained_before=course.trained_before,
            evaluated=course.evaluations > 0,
            forward_at=course.place,
            mode_at=self._mode_place(module),
        )
        self.watch.emit(seen)
        if not training:
            self._ask(course)

    def _layers(self, module: Module) -> dict[str, int] | None:
        """Layers that the mode matters to; None where some of a module in evaluation mode are in training."""
        layers = [m for m in module.modules() if mode_matters(m)]
        if any(m.training != module.training for m in layers):
            return None
        if not layers and not module.training and not self._functional:
            self.watch.request_lines(_SUSPICION)
        return dict(Counter(type(m).__name__ for m in layers) or self._functional)

    def _mode_place(self, module: Module) -> Place | None:
        for reference, place in reversed(self._mode_calls.values()):
            called = reference()
            if called is not None and (_holds(called, module) or _holds(module, called)):
                return place
        return None

    def _course(self, root: Root) -> _Course | None:
        course = self._courses.get(root.index)
        if course is None and root.has_parameters and len(self._courses) < MOST_ROOTS:
            course = self._courses[root.index] = _Course(root)
        return course

    def _of_this_iteration(self) -> list[_Course]:
        return [c for c in self._courses.values() if c.iteration == self.watch.clock.iteration]


def _is_trained(course: _Course) -> bool:
    stepped = sum(identity in course.stepped for identity in course.root.names)
    return stepped > 0 and stepped >= TRAINED_SHARE * len(course.root.names)


def _holds(outer: Module, inner: Module) -> bool:
    return any(m is inner for m in outer.modules())
