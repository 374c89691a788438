"""The explicit tuple of all procedures: one import line and one tuple line each."""

from wellfit.deep.batch_sizes import BATCH_SIZES
from wellfit.deep.blank_inputs import BLANK_INPUTS
from wellfit.deep.causality import CAUSALITY
from wellfit.deep.first_loss import FIRST_LOSS
from wellfit.deep.metric import METRIC
from wellfit.deep.one_batch import LEARN_ONE_BATCH
from wellfit.deep.procedure import Procedure
from wellfit.deep.resumption import RESUMPTION
from wellfit.deep.same_seed import SAME_SEED

PROCEDURES: tuple[Procedure, ...] = (
    FIRST_LOSS,
    BATCH_SIZES,
    CAUSALITY,
    RESUMPTION,
    SAME_SEED,
    METRIC,
    LEARN_ONE_BATCH,
    BLANK_INPUTS,
)
"""In the order in which they run: the cheap ones first."""
