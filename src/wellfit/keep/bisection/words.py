"""Sentences on where two runs part, and what to write so that they do not."""

from wellfit.keep.bisection.cause import What, at
from wellfit.keep.bisection.trace import Parting, Traced
from wellfit.keep.first_difference import early_difference
from wellfit.model.events.retrace import SourceRead

_BY_DIFFERENCE: dict[str, What] = {"initial weights": "init", "data order": "data order", "data": "augmentation"}

_SEEDED: dict[str, str] = {
    "torch.seed": "torch.manual_seed(0)",
    "Generator.seed": "manual_seed(0) of that generator",
    "Generator.manual_seed": "manual_seed(0) of that generator",
}
"""What to write in place of a call that takes no seed, or whose seed is no argument of it."""

_SEEDED_IN_WORKER: dict[str, str] = {
    "np.random.seed": "np.random.seed(torch.initial_seed() % 2**32)",
    "np.random.default_rng": "np.random.default_rng(torch.initial_seed())",
    "random.seed": "random.seed(torch.initial_seed())",
    "random.Random": "random.Random(torch.initial_seed())",
}


def stage(parting: Parting, one: Traced, other: Traced) -> What:
    """What of a training two runs part in.

    Args:
        parting: where.
        one: a run.
        other: another.
    """
    if parting.kind == "computed":
        return "kernels"
    early = early_difference(one.told, other.told) if one.told and other.told else None
    what = _BY_DIFFERENCE.get(early.what) if early else None
    if what == "augmentation" and _shares_samples(one, other):
        return "data order"
    if what is not None:
        return what
    return "dropout" if parting.kind == "drawn" and parting.operation.module else "training"


def _shares_samples(one: Traced, other: Traced) -> bool:
    mine, its = (
        {row for batch in run.told.batches for row in batch.rows} if run.told else set() for run in (one, other)
    )
    return bool(mine & its)


def differs(what: What, parting: Parting) -> str:
    """What differs, and where it was seen first."""
    operation = parting.operation
    seen = f"{operation.name.removesuffix('.default')} at {at(operation.place)}"
    inside = f" in {operation.module}" if operation.module else ""
    worker = f" in worker {operation.worker} of a DataLoader" if operation.worker >= 0 else ""
    beginnings: dict[What, str] = {
        "init": "the initial weights differ",
        "data order": "the samples come in another order",
        "augmentation": "the samples have other values",
        "dropout": f"{operation.module} draws other values",
        "kernels": "equal inputs give other outputs",
    }
    how = {
        "drawn": "first in what {} draws",
        "given": "first in what {} is given",
        "computed": "first in what {} computes",
        "another": "first in which operation runs, where one ran {}",
    }[parting.kind]
    return f"{beginnings.get(what, 'the training differs')}, {how.format(seen)}{inside}{worker}"


def came_by(read: SourceRead, again: SourceRead) -> str:
    """How chance came in."""
    if read.kind == "seed":
        return f"{read.function} at {at(read.place)} got {read.value}, then {again.value}"
    if read.kind == "clock" or read.function.startswith("os."):
        return f"{at(read.place)} reads {read.function}"
    return f"{read.function} at {at(read.place)} takes its seed from the operating system"


def edit_of(read: SourceRead, *, often: bool) -> str:
    """What to write.

    Args:
        read: the number that came in.
        often: the line is run again and again: a fixed number there would give the same draws each time.
    """
    place = at(read.place)
    if read.worker >= 0:
        return f"{place}: {_in_worker(read.function, often=often)}"
    if read.kind == "clock" or read.function.startswith("os."):
        return f"{place}: a fixed number in place of {read.function}()"
    call = _SEEDED.get(read.function, f"{read.function}(0)")
    return f"{place}: {call} once before the loop, and nothing here" if often else f"{place}: {call}"


def _in_worker(function: str, *, often: bool) -> str:
    """Torch seeds each worker from the program's own generator, each with another number."""
    if function.startswith("torch."):
        return "nothing here: torch seeds each worker by itself"
    if often or function not in _SEEDED_IN_WORKER:
        return "seed once per worker, in worker_init_fn, from torch.initial_seed(), and not here"
    return _SEEDED_IN_WORKER[function]
