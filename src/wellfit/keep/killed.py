"""What a killed run had told until then, which nobody has written into its record."""

from contextlib import suppress
from dataclasses import replace

from wellfit.keep.curves import told_in
from wellfit.keep.run import told_into
from wellfit.runs.index.listing import note_run
from wellfit.runs.record_file import write_record
from wellfit.runs.secrets import mask_record
from wellfit.runs.store import KeptRun, Store


def complete(store: Store, run: KeptRun) -> KeptRun:
    """A run as it was read, with options and metrics from its log where it was killed before they were written.

    Args:
        store: that it lies in.
        run: any run.
    """
    record = run.record
    if record.status != "killed" or record.options or record.metrics:
        return run
    if run.notes:  # a copy, or of a newer version: not ours to write
        return run
    told = told_in(run.folder)
    if told is None or not (told.options or told.curves):
        return run
    record = mask_record(told_into(record, told))
    with suppress(OSError):  # a folder that may only be read
        write_record(run.folder, record)
        note_run(store, record)
    return replace(run, record=record)
