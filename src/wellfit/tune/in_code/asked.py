"""What `wellfit.tune` was called with, checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from wellfit.declare.ranges import Range
from wellfit.declare.space import Space
from wellfit.digest.recorded import is_higher_better
from wellfit.duration import seconds_of
from wellfit.model.study import Seen, StudyPlan
from wellfit.tune.in_code.inline import Ends
from wellfit.tune.in_code.task import is_task, mistakes_of
from wellfit.tune.study.address import is_address
from wellfit.tune.study.place import place_of
from wellfit.tune.study.storage import MEMORY

SAMPLERS = ("tpe", "gp", "random")


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of a call, as they were given; see `wellfit.tune.in_code.tune.tune`."""

    train: Any
    space: Any
    metric: Any
    mode: Any
    take: Any
    trials: Any
    budget: Any
    prune: Any
    sampler: Any
    seeds: Any
    test_metric: Any
    seed: Any
    name: Any
    storage: Any

    def mistakes(self) -> Iterator[str]:
        """What is wrong with them, in sentences."""
        if is_task(self.train):
            yield from mistakes_of(self.train, self.metric, self.test_metric)
        elif not callable(self.train):
            yield f"train must be a function of hp and report, or a FusedTask; got a {type(self.train).__name__}"
        if not isinstance(self.space, Mapping):
            yield f"space must give a range for each name, got a {type(self.space).__name__}"
        elif not any(isinstance(value, Range) for value in self.space.values()):
            yield "space holds no range: give wellfit.log, lin, integer or choice for what is to be searched"
        if self.mode not in {None, "min", "max"}:
            yield f'mode must be "min", "max" or None, got {self.mode!r}'
        elif self.mode is None and is_higher_better(str(self.metric)) is None:
            yield f'whether {self.metric} is better when it is higher is not known: pass mode="max" or mode="min"'
        if self.take not in {"last", "best"}:
            yield f'take must be "last" or "best", got {self.take!r}'
        if self.prune not in (None, True, False, "halving"):
            yield f'prune must be True, False, "halving" or None, got {self.prune!r}'
        if self.sampler not in SAMPLERS:
            yield f"sampler must be one of {', '.join(SAMPLERS)}, got {self.sampler!r}"
        yield from self._mistakes_of_numbers()

    def _mistakes_of_numbers(self) -> Iterator[str]:
        seed = 0 if self.seed is None else self.seed
        for name, value, least in (("trials", self.trials, 2), ("seeds", self.seeds, 0), ("seed", seed, 0)):
            if not isinstance(value, int) or value < least:
                yield f"{name} must be a whole number >= {least}, got {value!r}"
        if self.budget is not None and not self._budget_s:
            yield f'budget must be a time, as 90, "20min" or "2h", got {self.budget!r}'

    @property
    def _budget_s(self) -> float | None:
        if isinstance(self.budget, str):
            return seconds_of(self.budget)
        return float(self.budget) if isinstance(self.budget, (int, float)) and self.budget > 0 else None

    @property
    def prunes(self) -> bool | None:
        """Whether trials are ended early; None leaves it to how long one takes."""
        return None if self.prune is None else bool(self.prune)

    @property
    def ends(self) -> Ends:
        """How the search ends."""
        return Ends(self.seeds, self.test_metric, self._budget_s)

    @property
    def place(self) -> str:
        """Where the study is kept."""
        if self.storage is None:
            return MEMORY if self.name is None else place_of(Path.cwd(), self.name, None)
        return str(self.storage) if is_address(str(self.storage)) else str(Path(self.storage).absolute())

    def plan(self, space: Space) -> StudyPlan:
        """The plan of the search, but for what its first trial shows."""
        named = self.train.build if is_task(self.train) else self.train
        function = str(getattr(named, "__name__", type(named).__name__)).strip("<>")
        return StudyPlan(
            name=self.name or f"{function}-{datetime.now().astimezone():%Y%m%d-%H%M%S}",
            words=(),
            folder="",
            script=function,
            knobs=space.knobs,
            metric=self.metric,
            higher_is_better=bool(is_higher_better(self.metric)) if self.mode is None else self.mode == "max",
            take=self.take,
            trials=self.trials,
            seed=self.seed or 0,
            sampler=self.sampler,
            halving=self.prune == "halving",
            seen=Seen(present={knob.key: space.defaults[knob.name] for knob in space.knobs}),
        )
