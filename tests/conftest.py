"""Shared settings of all tests: one torch thread, so that runs are equal and the two cores are shared."""

import os
import signal
import threading

from hypothesis import settings

settings.register_profile("wellfit", deadline=None)  # the clock of a busy machine is no property of the code
settings.load_profile("wellfit")
os.environ.setdefault("OMP_NUM_THREADS", "1")

if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
