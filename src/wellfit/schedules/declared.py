"""What a scheduler says about itself: its length, its boundaries, its peak."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch.optim import lr_scheduler as torch_schedulers

from wellfit.schedules.schedule import ScheduleLR

_CYCLIC_WORDS = ("cyclic", "restart")
"""In the name of a class or function they declare that its rate comes back up."""

_GEOMETRIC = (
    torch_schedulers.StepLR,
    torch_schedulers.ExponentialLR,
    torch_schedulers.MultiplicativeLR,
)
"""They multiply for ever and know no end of the run."""

_ENDLESS = ("constant", "inverse_sqrt")
"""Schedules of our own whose end is no fall to a floor."""


@dataclass(frozen=True)
class Declared:
    """What a scheduler was told when it was made.

    Attributes:
        title: its class and the argument that says how long it is.
        length: calls of `step()` until its decay ends; None where it declares none.
        argument: the argument that says so.
        first_cycle: calls until a cyclic one first turns round; None elsewhere.
        boundaries: steps at which a jump up was asked for: a member's turn in a sequence, the end of a constant.
        milestones: steps at which it drops, ascending; of a regular one the first.
        cyclic: whether it says that the rate comes back up.
        geometric: whether it multiplies for ever.
        rises: whether it has a warmup towards its peak.
        chained: whether members multiply each other's rates.
        hugging_face: whether its function is that of transformers.
    """

    title: str
    length: int | None = None
    argument: str = ""
    first_cycle: int | None = None
    boundaries: frozenset[int] = frozenset()
    milestones: tuple[int, ...] = ()
    cyclic: bool = False
    geometric: bool = False
    rises: bool = False
    chained: bool = False
    hugging_face: bool = False


def declared(scheduler: Any) -> Declared:
    """Read it, members of a sequence or chain included."""
    if isinstance(scheduler, torch_schedulers.SequentialLR):
        return _of_sequence(scheduler)
    if isinstance(scheduler, torch_schedulers.ChainedScheduler):
        return _of_chain(scheduler)
    argument, length = _length(scheduler)
    milestones = _milestones(scheduler)
    cycle_argument, first_cycle = _first_cycle(scheduler)
    shown = argument or cycle_argument
    functions = list(_functions(scheduler))
    return Declared(
        title=_title(scheduler, shown, length or first_cycle, milestones),
        length=length,
        argument=argument,
        first_cycle=first_cycle,
        boundaries=_boundaries(scheduler),
        milestones=milestones,
        cyclic=_is_cyclic(scheduler, functions),
        geometric=isinstance(scheduler, _GEOMETRIC),
        rises=_rises(scheduler),
        hugging_face=bool(functions) and all(_of_transformers(function) for function in functions),
    )


def calls_made(scheduler: Any) -> int:
    """Calls of `step()` so far; a chain counts none itself."""
    if isinstance(scheduler, torch_schedulers.ChainedScheduler):
        return max(calls_made(member) for member in scheduler._schedulers)  # noqa: SLF001
    return int(getattr(scheduler, "last_epoch", 0))


def asked_peaks(scheduler: Any, says: Declared) -> tuple[float, ...]:
    """The rates of the groups that were asked for as the highest, where the scheduler has a warmup towards them."""
    groups = scheduler.optimizer.param_groups
    if isinstance(scheduler, torch_schedulers.OneCycleLR):
        return tuple(float(group["max_lr"]) for group in groups)
    if isinstance(scheduler, ScheduleLR) or says.rises:
        return tuple(float(group.get("initial_lr", group["lr"])) for group in groups)
    return ()


def _title(scheduler: Any, argument: str, length: int | None, milestones: tuple[int, ...]) -> str:
    """The class, with the arguments that say when something happens."""
    said = f"{argument}={length}" if argument else ""
    if isinstance(scheduler, torch_schedulers.StepLR):
        said = f"step_size={scheduler.step_size}, gamma={scheduler.gamma:g}"
    elif isinstance(scheduler, torch_schedulers.ExponentialLR):
        said = f"gamma={scheduler.gamma:g}"
    elif isinstance(scheduler, ScheduleLR):
        said = f"{scheduler.curve.name!r}, {scheduler.steps}"
    elif milestones:
        said = f"milestones={list(milestones)}"
    return f"{type(scheduler).__name__}({said})" if said else type(scheduler).__name__


def _of_sequence(sequence: Any) -> Declared:
    members = [declared(member) for member in sequence._schedulers]  # noqa: SLF001
    starts = [0, *sequence._milestones]  # noqa: SLF001
    last = members[-1]
    return Declared(
        title=f"SequentialLR({', '.join(member.title for member in members)})",
        length=None if last.length is None else starts[-1] + last.length,
        argument=f"milestones[-1] + {last.argument}" if last.argument else "",
        boundaries=frozenset({b + start for m, start in zip(members, starts, strict=True) for b in m.boundaries | {0}}),
        milestones=tuple(milestone + starts[-1] for milestone in last.milestones),
        cyclic=any(member.cyclic for member in members),
        geometric=last.geometric,
        rises=any(member.rises for member in members),
        chained=any(member.chained for member in members),
    )


def _of_chain(chain: Any) -> Declared:
    members = [declared(member) for member in chain._schedulers]  # noqa: SLF001
    longest = max(members, key=lambda member: member.length or 0)
    return Declared(
        title=f"ChainedScheduler({', '.join(member.title for member in members)})",
        length=longest.length,
        argument=longest.argument,
        boundaries=frozenset().union(*(member.boundaries for member in members)),
        cyclic=any(member.cyclic for member in members),
        geometric=any(member.geometric for member in members),
        rises=any(member.rises for member in members),
        chained=True,
    )


def _length(scheduler: Any) -> tuple[str, int | None]:
    """The argument that says how long the decay is, and its value."""
    if isinstance(scheduler, ScheduleLR):
        return ("steps", scheduler.steps) if scheduler.curve.name not in _ENDLESS else ("", None)
    if isinstance(scheduler, torch_schedulers.LinearLR) and scheduler.end_factor >= scheduler.start_factor:
        return "", None
    for name, kind in _LENGTHS.items():
        if isinstance(scheduler, kind):
            return name, int(getattr(scheduler, name))
    lengths = [(_named(keywords), keywords) for keywords in _keywords(scheduler)]
    return next((found for found, _ in lengths if found[0]), ("", None))


_LENGTHS: dict[str, Any] = {
    "T_max": torch_schedulers.CosineAnnealingLR,
    "total_steps": torch_schedulers.OneCycleLR,
    "total_iters": (torch_schedulers.PolynomialLR, torch_schedulers.LinearLR),
}


def _named(keywords: Mapping[str, Any]) -> tuple[str, int | None]:
    """The length by the keywords of a function of transformers."""
    if "num_training_steps" in keywords:
        return "num_training_steps", int(keywords["num_training_steps"])
    if "num_decay_steps" in keywords:
        parts = ("num_warmup_steps", "num_stable_steps", "num_decay_steps")
        return "num_training_steps", int(sum(keywords.get(part) or 0 for part in parts))
    return "", None


def _first_cycle(scheduler: Any) -> tuple[str, int | None]:
    if isinstance(scheduler, torch_schedulers.CosineAnnealingWarmRestarts):
        return "T_0", int(scheduler.T_0)
    if isinstance(scheduler, torch_schedulers.CyclicLR):
        return "step_size_up", round(scheduler.total_size * scheduler.step_ratio)
    return "", None


def _boundaries(scheduler: Any) -> frozenset[int]:
    if isinstance(scheduler, torch_schedulers.ConstantLR):
        return frozenset({int(scheduler.total_iters)})
    return frozenset()


def _milestones(scheduler: Any) -> tuple[int, ...]:
    if isinstance(scheduler, torch_schedulers.MultiStepLR):
        return tuple(sorted(scheduler.milestones))
    return (int(scheduler.step_size),) if isinstance(scheduler, torch_schedulers.StepLR) else ()


def _functions(scheduler: Any) -> Iterator[Any]:
    for function in getattr(scheduler, "lr_lambdas", ()):
        yield function.func if isinstance(function, partial) else function


def _keywords(scheduler: Any) -> Iterator[Mapping[str, Any]]:
    yield from (f.keywords for f in getattr(scheduler, "lr_lambdas", ()) if isinstance(f, partial))


def _is_cyclic(scheduler: Any, functions: list[Any]) -> bool:
    names = [kind.__name__ for kind in type(scheduler).__mro__]
    names += [getattr(function, "__name__", type(function).__name__) for function in functions]
    waves = any((keywords.get("num_cycles") or 0) > 0.5 for keywords in _keywords(scheduler))  # noqa: PLR2004  # half: one fall
    return waves or any(word in name.lower() for name in names for word in _CYCLIC_WORDS)


def _rises(scheduler: Any) -> bool:
    if isinstance(scheduler, torch_schedulers.LinearLR):
        return bool(scheduler.end_factor > scheduler.start_factor)
    known = isinstance(scheduler, (ScheduleLR, torch_schedulers.OneCycleLR))
    return known or any(keywords.get("num_warmup_steps") for keywords in _keywords(scheduler))


def _of_transformers(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).split(".")[0] == "transformers"
