"""The explicit tuple of all procedures: one import line and one tuple line each."""

from wellfit.deep.procedure import Procedure
from wellfit.deep.same_seed import SAME_SEED

PROCEDURES: tuple[Procedure, ...] = (SAME_SEED,)
"""In the order in which they run: the cheap ones first."""
