"""The loss before the first step must be what theory says of answers that know nothing yet."""

from collections.abc import Iterator

from wellfit.deep.procedure import AS_IS, Procedure, Trials
from wellfit.errors import ProcedureError
from wellfit.model.events.deep import FirstLoss


def read_first_loss(trials: Trials) -> Iterator[FirstLoss]:
    """What the unchanged run says of its first loss."""
    first = trials.run(AS_IS).log.last(FirstLoss)
    if first is None:
        raise ProcedureError("no loss function of torch whose theory is known was called before the first step")
    yield first


FIRST_LOSS = Procedure(
    name="first loss against theory",
    writes=(FirstLoss,),
    variants=(AS_IS,),
    listens=(FirstLoss,),
    look=read_first_loss,
)
