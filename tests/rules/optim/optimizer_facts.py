"""Facts about optimizers as tests write them: healthy unless told otherwise."""

from typing import Any

from wellfit.model.events.data import LossCompared
from wellfit.model.events.optim import (
    HeldParameters,
    ModuleParameters,
    OptimizerSeen,
    ParameterGroup,
    PlateauSeen,
    RatesRun,
    ScheduleSeen,
    Updated,
)
from wellfit.model.facts.data import ConstantAnswers
from wellfit.model.facts.optim import (
    LayerRates,
    LossCourse,
    OptimizersSeen,
    ParameterCoverage,
    Plateaus,
    ScaledRates,
    Schedules,
    UpdateSizes,
)
from wellfit.model.place import Place
from wellfit.model.rule import Finding, Rule, Unseen

MADE = Place("train.py", 7, "<module>")


def group(**changed: Any) -> ParameterGroup:
    return ParameterGroup(
        **{"rate": 0.1, "weight_decay": 0.0, "decoupled": False, "parameters": 4, "elements": 90} | changed
    )


def optimizers(**changed: Any) -> OptimizersSeen:
    healthy = {"step": 100, "optimizer": 0, "kind": "Adam", "rescales": True, "made_at": MADE, "stepped_at": None}
    healthy |= {"steps": 100, "zero_rate_steps": 0, "groups": (group(),)}
    return OptimizersSeen((OptimizerSeen(**healthy | changed),))


def updates(*sizes: float, **changed: Any) -> UpdateSizes:
    healthy = {"optimizer": 0, "weight": 1.0, "after": 1.0, "gradient": 1.0, "penalty": 0.0}
    return UpdateSizes(
        tuple(Updated(**{"step": i, "number": i, "update": u} | healthy | changed) for i, u in enumerate(sizes))
    )


def schedules(*, finished: bool = True, **changed: Any) -> Schedules:
    healthy = {"step": 100, "schedule": 0, "optimizer": 0, "kind": "StepLR", "made_at": MADE, "advanced": 5}
    healthy |= {"lengths": {}, "start_rate": 0.1, "rate": 0.01, "optimizer_steps": 100, "all_steps": 100}
    healthy |= {"low_steps": 0, "moved": True, "epochs": 5, "epoch_steps": 20, "evaluations": 0, "at_end": True}
    return Schedules((ScheduleSeen(**healthy | changed),), finished)


def rates(**changed: Any) -> RatesRun:
    healthy = {"highest": 0.1, "highest_at": 0, "lowest": 0.01}
    return RatesRun(**healthy | changed)


def plateau(*values: float, mode: str = "max", cut_at: int | None = 3) -> Plateaus:
    """Given a value after every tenth step; the rate was cut by one of them."""
    steps = tuple(10 * (i + 1) for i in range(len(values)))
    set_to = tuple(0.1 if cut_at is None or i < cut_at else 0.01 for i in range(len(values)))
    return Plateaus((PlateauSeen(100, 0, 0, MADE, None, mode, steps, values, set_to),))


def layers(**changed: Any) -> LayerRates:
    optimizer = optimizers(of_torch=changed.pop("of_torch", True)).all[0]
    ignored = {"optimizer": optimizer, "looks": 3, "ignored": 3, "scales": (0.1, 1.0), "rate": 0.1}
    return LayerRates((ScaledRates(**ignored | changed),))


def course_of_rates(*rates: float) -> LossCourse:
    return LossCourse(tuple(range(len(rates))), (1.0,) * len(rates), rates)


def held(**changed: Any) -> HeldParameters:
    healthy = {"optimizer": 0, "kind": "SGD", "made_at": MADE, "stepped_at": None, "looks": 5, "parameters": 4}
    healthy |= {"elements": 90, "idle": 0, "idle_elements": 0, "frozen": 0, "stale": 0, "names": ()}
    return HeldParameters(**healthy | changed)


def module(**changed: Any) -> ModuleParameters:
    healthy = {"module": 0, "kind": "Net", "parameters": 6, "elements": 100, "held": 4, "missing": 0}
    healthy |= {"missing_elements": 0, "reached": 0, "names": (), "holders": (0,), "loaded": False}
    return ModuleParameters(**healthy | changed)


def coverage(optimizer: HeldParameters, *modules: ModuleParameters, backwards: int = 5) -> ParameterCoverage:
    return ParameterCoverage(backwards, (optimizer,), modules)


def course(*losses: float, rate: float = 0.1) -> LossCourse:
    return LossCourse(tuple(range(len(losses))), losses, (rate,) * len(losses))


def answers(*losses: float, constant: float = 2.29) -> ConstantAnswers:
    """One line's losses at steps 16, 32, 48 ..., beside what one answer to everything has."""
    looks = (LossCompared(16 * (i + 1), "cross_entropy", MADE, loss, constant, 2.303) for i, loss in enumerate(losses))
    return ConstantAnswers((tuple(looks),))


def verdict(rule: Rule, *facts: object) -> str:
    """found, unseen or clear."""
    answers = list(rule.function(*facts))
    if any(isinstance(a, Finding) for a in answers):
        return "found"
    return "unseen" if any(isinstance(a, Unseen) for a in answers) else "clear"
