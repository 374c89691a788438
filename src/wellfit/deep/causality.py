"""A model that predicts the next value of a sequence must not see it."""

from collections.abc import Iterator

from wellfit.deep.procedure import AS_IS, Procedure, Trials
from wellfit.errors import ProcedureError
from wellfit.model.events.deep import CausalityTried


def try_causality(trials: Trials) -> Iterator[CausalityTried]:
    """What the unchanged run saw when its last training step was over."""
    tried = trials.run(AS_IS).log.last(CausalityTried)
    if tried is None:
        raise ProcedureError("no training call of a model was seen in the last step that trained")
    if tried.refused:
        raise ProcedureError(f"{tried.root} was not asked: {tried.refused}")
    yield tried


CAUSALITY = Procedure(
    name="causality",
    writes=(CausalityTried,),
    variants=(AS_IS,),
    listens=(CausalityTried,),
    look=try_causality,
)
