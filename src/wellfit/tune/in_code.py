"""`wellfit.tune`: a search over a Python function, in the process that calls it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from wellfit.declare.ranges import Range
from wellfit.declare.space import Space
from wellfit.digest.recorded import is_higher_better
from wellfit.duration import seconds_of
from wellfit.errors import raise_all
from wellfit.model.study import Seen, StudyPlan, Take, Value
from wellfit.tune.bar import showing
from wellfit.tune.caller import Caller
from wellfit.tune.found import Study
from wellfit.tune.function import Train
from wellfit.tune.inline import Ends, FunctionWay, search
from wellfit.tune.ranks import find_ranks
from wellfit.tune.search import place_of
from wellfit.tune.storage import MEMORY, check_installed, is_address

SAMPLERS = ("tpe", "gp", "random")


def tune(  # noqa: PLR0913 - one call says all that is known of the search
    train: Train,
    space: Mapping[str, Range | Value],
    *,
    metric: str = "val_loss",
    mode: str | None = None,
    take: Take = "last",
    trials: int = 40,
    budget: str | float | None = None,
    prune: bool | None = None,
    sampler: str = "tpe",
    seeds: int = 3,
    test_metric: str | None = None,
    seed: int | None = 0,
    name: str | None = None,
    storage: str | Path | None = None,
) -> Study:
    """Search the hyperparameters with which a training function does best.

    The first trial has the defaults of the space, eight further ones are spread evenly, and the others lie where a
    model of the results expects better ones. Then defaults and winner are run on fresh seeds. Ctrl-C returns what is
    there. A trial whose last value is not finite counts as infeasible; one that raises is recorded as failed, and after
    three of them, with no other trial before, the search ends. docs/tuning-in-code.md says more.

    Args:
        train: `train(hp, report)`: `hp` has a value for each name of the space, as attribute and by name;
            `report(step, val_loss=...)` tells values of metrics, and ends the trial there where others are ahead of it.
        space: by name: `wellfit.log(default, low, high)`, `lin`, `integer`, `choice`, or a plain value.
        metric: name of what is made better.
        mode: "min" or "max"; None takes what the name says.
        take: value of a trial that counts: the "last", or the "best".
        trials: >= 2; settings that are tried, the defaults among them.
        budget: time after which no trial is begun: seconds, or "90s", "20min", "2h"; None for no limit.
        prune: end trials early that others are ahead of; None does so where the defaults train for ten seconds or more.
        sampler: "tpe", "gp" or "random".
        seeds: >= 0; fresh ones at the end.
        test_metric: name of one that is looked at on these seeds alone, and chooses nothing; None for none.
        seed: >= 0; of the search, and of Python's, numpy's and torch's generators before each trial; None seeds none.
        name: of the study, by which it is kept in `.wellfit/studies`: a further call goes on with it, and other
            processes that call with the same name meanwhile take trials of it. None keeps nothing on disk, unless
            there is a storage.
        storage: folder, or address of a database, that it is kept in.

    Returns:
        What was found; in each process of a distributed run the same.

    Raises:
        UsageError: an argument is wrong, all such at once; or nothing but failures came.
    """
    raise_all(list(_mistakes(train, space, locals())))
    check_installed()
    asked = space if isinstance(space, Space) else Space(space)
    ranks = find_ranks()
    plan = StudyPlan(
        name=name or f"{_name_of(train)}-{datetime.now().astimezone():%Y%m%d-%H%M%S}",
        words=(),
        folder="",
        script=_name_of(train),
        knobs=asked.knobs,
        metric=metric,
        higher_is_better=bool(is_higher_better(metric)) if mode is None else mode == "max",
        take=take,
        trials=trials,
        seed=seed or 0,
        sampler=sampler,
        seen=Seen(present={k.key: asked.defaults[k.name] for k in asked.knobs}),
    )
    caller = Caller(train, asked, seed, metric, ranks)
    if ranks.rank:
        return Study(caller.follow(), asked)
    place, ends = _place(name, storage), Ends(seeds, test_metric, _seconds(budget))
    way = FunctionWay(caller, prune=prune)
    with showing() as listener:
        return Study(caller.answer(lambda: search(way, plan, place, ends, listener)), asked)


def _name_of(train: Any) -> str:
    return str(getattr(train, "__name__", type(train).__name__)).strip("<>")


def _place(name: str | None, storage: str | Path | None) -> str:
    if storage is None:
        return MEMORY if name is None else place_of(Path.cwd(), name, None)
    return str(storage) if is_address(str(storage)) else str(Path(storage).absolute())


def _seconds(budget: str | float | None) -> float | None:
    return seconds_of(budget) if isinstance(budget, str) else budget


def _mistakes(train: Any, space: Any, asked: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a call, in sentences."""
    if not callable(train):
        yield f"train must be a function of hp and report, got a {type(train).__name__}"
    if not isinstance(space, Mapping):
        yield f"space must give a range for each name, got a {type(space).__name__}"
    elif not any(isinstance(value, Range) for value in space.values()):
        yield "space holds no range: give wellfit.log, lin, integer or choice for what is to be searched"
    metric, mode = asked["metric"], asked["mode"]
    if mode not in {None, "min", "max"}:
        yield f'mode must be "min", "max" or None, got {mode!r}'
    elif mode is None and is_higher_better(str(metric)) is None:
        yield f'whether {metric} is better when it is higher is not known: pass mode="max" or mode="min"'
    yield from _mistakes_of_values(asked)


def _mistakes_of_values(asked: Mapping[str, Any]) -> Iterator[str]:
    if asked["take"] not in {"last", "best"}:
        yield f'take must be "last" or "best", got {asked["take"]!r}'
    if asked["sampler"] not in SAMPLERS:
        yield f"sampler must be one of {', '.join(SAMPLERS)}, got {asked['sampler']!r}"
    for name, least in (("trials", 2), ("seeds", 0), ("seed", 0)):
        value = asked[name]
        if not (name == "seed" and value is None) and (not isinstance(value, int) or value < least):
            yield f"{name} must be a whole number >= {least}, got {value!r}"
    budget = asked["budget"]
    if budget is not None and not (_seconds(budget) if isinstance(budget, (str, float, int)) else None):
        yield f'budget must be a time, as 90, "20min" or "2h", got {budget!r}'
