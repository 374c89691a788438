"""Has a process traced, right after the record was set up."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from wellfit.intervene.retrace.files import note_files
from wellfit.intervene.retrace.operations import Operations
from wellfit.intervene.retrace.places import Places
from wellfit.intervene.retrace.sources import Sources
from wellfit.model.events.retrace import ProcessTraced

if TYPE_CHECKING:
    from wellfit.model.retrace import Retrace
    from wellfit.observe.arm import Arming

HASHED = "wellfit"
"""A string whose hash tells two seeds of Python's hashing apart."""


def arm(retrace: "Retrace", arming: "Arming") -> None:
    """From here on operations, sources and files are noted; what is to be held still is.

    Args:
        retrace: what is held still.
        arming: of the watch whose log is written to; forked processes have one of their own.
    """

    def emit(event: object) -> None:
        arming.watch.emit(event)

    places = Places(retrace.root)
    emit(ProcessTraced(hash(HASHED), torch.get_num_threads()))
    if retrace.deterministic:
        torch.use_deterministic_algorithms(mode=True)
    given = {} if retrace.replay is None else json.loads(Path(retrace.replay).read_text(encoding="utf-8"))
    Sources(places, emit, given).install()
    note_files(os.path.realpath(retrace.root), emit)
    Operations(places, emit, lambda: arming.watch.busy).__enter__()
