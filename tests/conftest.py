"""Shared settings of all tests: one torch thread, so that runs are equal and the two cores are shared."""

import os

from hypothesis import settings

settings.register_profile("wellfit", deadline=None)  # the clock of a busy machine is no property of the code
settings.load_profile("wellfit")
os.environ.setdefault("OMP_NUM_THREADS", "1")
