"""Searches that end trainings early, and the one of `wellfit tune`: its own even points, model and rungs."""

from collections.abc import Generator, Iterator, Mapping

import numpy as np
import optuna
from joint_procedures import Maker, Procedure, Setting, Shape, Training, uniform
from joint_tasks import REPORTS, RUNGS

from wellfit.model.knob import Knob, Value
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.tune.samplers.distributions import distributions_of
from wellfit.tune.samplers.draw import Ranking, draw
from wellfit.tune.samplers.sampling import first_points, make_sampler, suggest
from wellfit.tune.study.halving import rungs_of
from wellfit.tune.study.ledger import MOST_WEIGHED

SHARE_KEPT = 3
"""One training in so many goes on at each rung, in the paper."""

POINTS = 2 * REPORTS
"""Reports that a training is said to make: wellfit's first rung is the second report at the earliest."""

AT_RUNG = {2: 0, 6: 1, POINTS: 2}
"""Rung of the table by the number of the report there."""


def asha(shape: Shape, start: Setting, random: np.random.Generator) -> Procedure:
    """Of the trainings at a rung the best third is trained on, once; else a setting by chance begins.

    Source:
        Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning, algorithm 2,
        https://arxiv.org/abs/1810.05934
    """
    rungs: list[dict[Setting, float]] = [{} for _ in RUNGS]
    new = fresh(shape, start, random)
    while True:
        job = promotable(rungs) or next(((0, setting) for setting in new if setting not in rungs[0]), None)
        if job is None:
            return
        rung, setting = job
        rungs[rung][setting] = yield Training(setting, rung)


def fresh(shape: Shape, start: Setting, random: np.random.Generator) -> Iterator[Setting]:
    """What random search would train, in its order."""
    asked = uniform(shape, start, random)
    yield from asked  # type: ignore[misc]  # it plans without a look at losses


def promotable(rungs: list[dict[Setting, float]]) -> tuple[int, Setting] | None:
    """The highest rung that a setting may go up to, and the setting."""
    for rung in range(len(rungs) - 2, -1, -1):
        leading = sorted(rungs[rung], key=rungs[rung].__getitem__)[: len(rungs[rung]) // SHARE_KEPT]
        for setting in leading:
            if setting not in rungs[rung + 1]:
                return rung + 1, setting
    return None


def careful(shape: Shape, start: Setting, random: np.random.Generator) -> Procedure:
    """What `wellfit tune --prune` does with one process, on whole numbers for levels."""
    return tuned(Search(shape, start, seed=int(random.integers(2**31))))


def halving(shape: Shape, start: Setting, random: np.random.Generator) -> Procedure:
    """What `wellfit tune --halving` does."""
    return tuned(Search(shape, start, seed=int(random.integers(2**31)), halving=True))


def tuned(search: "Search") -> Procedure:
    """A search, trial by trial."""
    while True:
        setting = search.ask()
        losses = yield from search.train(setting)
        search.tell(setting, losses)


class Search:
    """The model, the rungs and the order of trials."""

    def __init__(self, shape: Shape, start: Setting, *, seed: int, halving: bool = False) -> None:
        knobs = tuple(Knob(str(axis), low=0, high=n - 1, integer=True) for axis, n in enumerate(shape))
        more = {"metric": "loss", "higher_is_better": False, "trials": 10_000, "points": POINTS, "halving": halving}
        self.plan = StudyPlan("", (), "", "", knobs, seed=seed, **more)
        self.given = [as_values(start), *first_points(self.plan)]
        self.study, self.space = optuna.create_study(), distributions_of(knobs)
        self.rungs, self.ranking, self.asked = rungs_of(self.plan), Ranking(self.plan), 0
        self.shape, self.trial = shape, None

    def ask(self) -> Setting:
        number, self.asked, self.trial = self.asked, self.asked + 1, None
        if number < len(self.given):
            values = self.given[number]
        elif number > MOST_WEIGHED:
            rng = np.random.default_rng([self.plan.seed, 0, number])
            (values,) = draw(self.plan, self.ranking, (), 1, rng)
        else:
            self.study.sampler = make_sampler(self.plan, number)
            self.trial = self.study.ask()
            values = {knob.key: suggest(self.trial, knob) for knob in self.plan.knobs}
        return tuple(int(values[knob.key]) for knob in self.plan.knobs)

    def train(self, setting: Setting) -> Generator[Training, float, dict[int, float]]:
        """Up to the rung at which others are ahead; a whole setting that came again counts once."""
        place = int(np.ravel_multi_index(setting, self.shape))
        course: dict[int, float] = {}
        for number, rung in AT_RUNG.items():
            before = max(course, default=0)
            course[number] = yield Training(setting, rung)
            self.rungs.put(TrialSeen(place, 0, 0, end=None, runs=True, values={}, course=course))
            if self.rungs.is_behind(course, before):
                break
        else:
            whole = course[POINTS]
            self.rungs.put(TrialSeen(place, 0, 0, end="done", runs=False, values={}, value=whole, course=course))
        return course

    def tell(self, setting: Setting, course: dict[int, float]) -> None:
        whole, values = course.get(POINTS), as_values(setting)
        end = "pruned" if whole is None else "done"
        self.ranking.put(TrialSeen(self.asked - 1, 0, 0, end=end, runs=False, values=values, value=whole))
        state = optuna.trial.TrialState.PRUNED if whole is None else optuna.trial.TrialState.COMPLETE
        if self.trial is not None:
            for number, loss in course.items():
                self.trial.report(loss, number)
            self.study.tell(self.trial, whole, state=state)
        elif self.asked <= MOST_WEIGHED:
            known = {"params": values, "distributions": self.space, "intermediate_values": course}
            self.study.add_trial(optuna.trial.create_trial(state=state, value=whole, **known))


def as_values(setting: Setting) -> Mapping[str, Value]:
    return {str(axis): level for axis, level in enumerate(setting)}


WITH_A_MODEL: dict[str, Maker] = {"wellfit tune --prune": careful, "wellfit tune --halving": halving}
STOPPING: dict[str, Maker] = {"ASHA joint": asha, **WITH_A_MODEL}
