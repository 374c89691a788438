"""Facts about what reaches the loss, and what backward begins at."""

from dataclasses import dataclass

from wellfit.model.events.loss import LossBroadcast, LossComputed, LossTraced, SoftmaxRepeated


@dataclass(frozen=True, slots=True)
class LossInputs:
    """Every loss call of the sampled iterations that carries gradients, in order.

    Args:
        calls: as seen; those with the same function and place belong together.
        repeated: log-softmax operations outside cross_entropy that were handed a softmax's result.
    """

    calls: tuple[LossComputed, ...]
    repeated: tuple[SoftmaxRepeated, ...] = ()

    def of(self, *functions: str) -> dict[tuple[str, object], tuple[LossComputed, ...]]:
        """Calls of these functions, grouped by function and line; those without a line join the only known one."""
        calls = [c for c in self.calls if c.function in functions]
        groups: dict[tuple[str, object], list[LossComputed]] = {}
        for call in calls:
            known = {c.place for c in calls if c.function == call.function and c.place is not None}
            place = known.pop() if call.place is None and len(known) == 1 else call.place
            groups.setdefault((call.function, place), []).append(call)
        return {key: tuple(calls) for key, calls in groups.items()}


@dataclass(frozen=True, slots=True)
class LossBroadcasts:
    """Where broadcasting paired all samples with all, on the way to a loss; empty where it nowhere did."""

    seen: tuple[LossBroadcast, ...]


@dataclass(frozen=True, slots=True)
class LossTraces:
    """What stood at the far end of each backward of the sampled iterations, in order."""

    traces: tuple[LossTraced, ...]
