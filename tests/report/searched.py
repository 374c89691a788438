"""Searches for the tests of what is shown of them."""

import math
import random
from collections.abc import Mapping
from typing import Any

from wellfit.model.knob import Knob, Value
from wellfit.model.study import Seen, StudyPlan, TrialSeen
from wellfit.model.tuned import Confirmed, Interaction, Tuned

LR = Knob("lr", low=1e-5, high=1.0, log=True)
DECAY = Knob("weight-decay", low=1e-5, high=1.0, log=True)
DROPOUT = Knob("dropout", low=0.0, high=0.6)
WIDTH = Knob("width", "--width", low=8, high=256, integer=True, log=True)
KIND = Knob("optimizer", "--optimizer", choices=("sgd", "adam", "adamw"))
PRESENT: Mapping[str, Value] = {"lr": 1e-3, "weight_decay": 0.0, "dropout": 0.1, "width": 64, "optimizer": "adam"}


def plan(*knobs: Knob, metric: str = "val_loss", **changes: Any) -> StudyPlan:
    """A plan over these knobs; lr, weight decay and dropout where none are named."""
    knobs = knobs or (LR, DECAY, DROPOUT)
    present = {key: value for key, value in PRESENT.items() if key in {knob.key for knob in knobs}}
    given = {"higher_is_better": False, "trials": 24, "points": 12, "seen": Seen(present=present), **changes}
    return StudyPlan("train-1", ("python", "train.py"), "/here", "train.py", knobs, metric, **given)


def drawn(knob: Knob, source: random.Random) -> Value:
    """A value of a knob."""
    if knob.choices:
        return source.choice(knob.choices)
    low, high = knob.low or 0.0, knob.high or 0.0
    value = math.exp(source.uniform(math.log(low), math.log(high))) if knob.log else source.uniform(low, high)
    return int(value) if knob.integer else value


def trial(slot: int, values: Mapping[str, Value], value: float | None, **changes: Any) -> TrialSeen:
    """A trial of its own course."""
    end = "done" if value is not None else "pruned"
    last = value if value is not None and math.isfinite(value) else 2.0
    steps = 12 if value is not None else 4
    course = {step: last + (2.3 - last) * math.exp(-step / 3) for step in range(1, steps + 1)}
    run = f"20261128-1200{slot % 60:02d}-{slot:04d}"
    known: dict[str, Any] = {"end": end, "runs": False, "course": course, "run": run, "seconds": 1.5, **changes}
    return TrialSeen(slot, slot, 0, values=values, value=value, **known)


def searched(asked: StudyPlan | None = None, *, trials: int = 24, ends: Mapping[int, str] | None = None) -> Tuned:
    """A search that was better in the end; every fifth trial was ended early, one diverged, one failed."""
    asked = asked or plan()
    source = random.Random(0)
    made = [trial(0, {}, 1.9)]
    ends = (
        {5: "pruned", 10: "pruned", 15: "pruned", 20: "pruned", 7: "diverged", 11: "failed"} if ends is None else ends
    )
    for slot in range(1, trials):
        values = {knob.key: drawn(knob, source) for knob in asked.knobs}
        far = sum(abs(_share(knob, values[knob.key]) - 0.6) for knob in asked.knobs)
        end = ends.get(slot, "done")
        reason = "it failed with exit code 1: ValueError: no data" if end == "failed" else ""
        made.append(trial(slot, values, 0.3 + far**2 if end == "done" else None, end=end, reason=reason))
    whole = [t for t in made if t.end == "done"]
    best = min(whole, key=lambda t: t.value or 0.0) if whole else None
    keys = [knob.key for knob in asked.knobs]
    total = sum(range(1, len(keys) + 1))
    pairs = [(a, b) for n, a in enumerate(keys) for b in keys[:n]]
    return Tuned(
        plan=asked,
        place="/here/.wellfit/studies/train-1",
        trials=tuple(made),
        best=None if best is None else best.slot,
        verdict="better",
        confirmed=Confirmed((1, 2, 3), (0.72, 0.69, 0.74), (0.41, 0.4, None), -0.3, 0.05),
        importance={key: (len(keys) - n) / total for n, key in enumerate(keys)},
        interactions=tuple(Interaction(a, b, 0.3 / (n + 1), n % 2 == 0) for n, (a, b) in enumerate(pairs)),
        explained=0.62 if pairs else None,
        notices=("the best dropout lies at the upper end of its range: widen it upwards and search on",),
        runs=trials + 6,
        seconds=48.0,
    )


def _share(knob: Knob, value: Value) -> float:
    if knob.choices:
        return knob.choices.index(value) / len(knob.choices)
    low, high = knob.low or 0.0, knob.high or 0.0
    at = float(value)
    return math.log(at / low) / math.log(high / low) if knob.log else (at - low) / (high - low)
