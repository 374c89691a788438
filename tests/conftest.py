"""Shared settings of all tests: one torch thread, so that runs are equal and the two cores are shared."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
