"""`wellfit.tune`: a search over a Python function, in the process that calls it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wellfit.declare.ranges import Range
from wellfit.declare.space import Space
from wellfit.errors import UsageError, raise_all
from wellfit.model.knob import Value
from wellfit.model.study import Take
from wellfit.tune.in_code.asked import Asked
from wellfit.tune.in_code.bar import showing
from wellfit.tune.in_code.caller import Caller
from wellfit.tune.in_code.found import Study
from wellfit.tune.in_code.function import Train
from wellfit.tune.in_code.fused import FusedWay
from wellfit.tune.in_code.inline import FunctionWay, search
from wellfit.tune.in_code.ranks import Ranks, find_ranks
from wellfit.tune.in_code.task import is_task
from wellfit.tune.study.storage import check_installed

if TYPE_CHECKING:
    from wellfit.fuse.task import FusedTask


def tune(  # noqa: PLR0913 - one call says all that is known of the search
    train: "Train | FusedTask",
    space: Mapping[str, Range | Value],
    *,
    metric: str = "val_loss",
    mode: str | None = None,
    take: Take = "last",
    trials: int = 40,
    budget: str | float | None = None,
    prune: bool | Literal["halving"] | None = None,
    sampler: str = "tpe",
    seeds: int = 3,
    test_metric: str | None = None,
    seed: int | None = 0,
    name: str | None = None,
    storage: str | Path | None = None,
) -> Study:
    """Search the hyperparameters with which a training function does best; docs/tuning-in-code.md says how.

    Args:
        train: `train(hp, report)`: `hp` has a value for each name of the space, as attribute and by name;
            `report(step, val_loss=...)` tells values of metrics, and ends the trial there where others are ahead of it.
            Or a `wellfit.FusedTask`, whose trials of equal shapes are trained at once where that is quicker.
        space: by name: `wellfit.log(default, low, high)`, `lin`, `integer`, `choice`, or a plain value.
        metric: name of what is made better.
        mode: "min" or "max"; None takes what the name says.
        take: value of a trial that counts: the "last", or the "best".
        trials: >= 2; settings that are tried, the defaults of the space first.
        budget: time after which no trial is begun: seconds, or "90s", "20min", "2h"; None for no limit.
        prune: end trials that others are ahead of; None does so where the defaults of a function train for
            ten seconds or more. "halving" ends all but the best third at a ninth and a third of a trial.
        sampler: "tpe", "gp" or "random".
        seeds: >= 0; fresh ones, that defaults and winner are run on in the end.
        test_metric: name of one that is looked at in these runs alone, and chooses nothing; None for none.
        seed: >= 0; of the search, and of Python's, numpy's and torch's generators before each trial; None seeds none.
        name: of the study, which is kept in `.wellfit/studies`, gone on with by a further call, and shared with other
            processes that call meanwhile; None keeps nothing, unless there is a storage.
        storage: folder, or address of a database, that it is kept in.

    Returns:
        What was found, also where Ctrl-C ends the search; the same on each rank of a distributed run.

    Raises:
        UsageError: an argument is wrong, all such at once; or the first three trials failed, with the last exception
            as its cause.
    """
    asked = Asked(
        train, space, metric, mode, take, trials, budget, prune, sampler, seeds, test_metric, seed, name, storage
    )
    raise_all(list(asked.mistakes()))
    check_installed()
    return _tuned(asked, space if isinstance(space, Space) else Space(space))


def _tuned(asked: Asked, space: Space) -> Study:
    ranks = find_ranks()
    if is_task(asked.train):
        return _tuned_at_once(asked, space, ranks)
    caller = Caller(asked.train, space, asked.seed, asked.metric, ranks)
    if ranks.rank:
        return Study(caller.follow(), space)
    way = FunctionWay(caller, prune=asked.prunes)
    with showing() as listener:
        found = caller.answer(lambda: search(way, asked.plan(space), asked.place, asked.ends, listener))
    return Study(found, space)


def _tuned_at_once(asked: Asked, space: Space, ranks: Ranks) -> Study:
    if ranks.size > 1:
        raise UsageError(f"trials of a FusedTask are trained in one process, and there are {ranks.size} ranks")
    way = FusedWay(asked.train, space, asked.seed, asked.metric, prune=asked.prunes)
    with showing() as listener:
        return Study(search(way, asked.plan(space), asked.place, asked.ends, listener), space)
