"""What is saved must be all there is: the same answers and the same next step after loading."""

from collections.abc import Iterator

from wellfit.deep.procedure import AS_IS, Procedure, Trials
from wellfit.errors import ProcedureError
from wellfit.model.events.deep import ResumptionTried


def try_resumption(trials: Trials) -> Iterator[ResumptionTried]:
    """What the unchanged run saw when its last training step was over."""
    tried = trials.run(AS_IS).log.last(ResumptionTried)
    if tried is None:
        raise ProcedureError("no training call of a model was seen in the last step that trained")
    if tried.refused:
        raise ProcedureError(f"{tried.root} was not asked: {tried.refused}")
    yield tried


RESUMPTION = Procedure(
    name="save, load, go on",
    writes=(ResumptionTried,),
    variants=(AS_IS,),
    listens=(ResumptionTried,),
    look=try_resumption,
)
