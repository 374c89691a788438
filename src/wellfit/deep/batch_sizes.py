"""A sample must get one answer, in a batch of any size and beside any neighbours."""

from collections.abc import Iterator

from wellfit.deep.procedure import AS_IS, Procedure, Trials
from wellfit.errors import ProcedureError
from wellfit.model.events.deep import BatchSizesTried


def try_batch_sizes(trials: Trials) -> Iterator[BatchSizesTried]:
    """What the unchanged run saw when its last training step was over."""
    tried = trials.run(AS_IS).log.last(BatchSizesTried)
    if tried is None:
        raise ProcedureError("no training call of a model was seen in the last step that trained")
    if tried.refused:
        raise ProcedureError(f"{tried.root} was not asked: {tried.refused}")
    yield tried


BATCH_SIZES = Procedure(
    name="batch sizes and neighbours",
    writes=(BatchSizesTried,),
    variants=(AS_IS,),
    listens=(BatchSizesTried,),
    look=try_batch_sizes,
)
