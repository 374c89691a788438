"""What one run writes for TensorBoard: a session, its scalars, its end, all in one folder and under one name."""

import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wellfit.model.record import SEARCHED, RunRecord, Status

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event

STATUS = "wellfit/status"
"""A column beside the options: TensorBoard itself knows success and failure only."""

SEARCH, SHIFT = "wellfit/search", "wellfit/seed_shift"
"""The same: which search a trial belongs to, and by what every seed of a run was moved."""

BEST = "best/"
"""Before the name of a metric: its best value, at the step where it stood."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric.

    Args:
        seconds: since the run began.
    """

    step: int
    value: float
    seconds: float


Curves = Mapping[str, Sequence[Point]]


def options_shown(record: RunRecord) -> dict[str, str | float | bool]:
    """Options as TensorBoard takes them: no None, which would turn a column into text, and no number that is none."""
    shown: dict[str, str | float | bool] = {STATUS: record.status}
    if record.kind in SEARCHED and record.parent:
        shown[SEARCH] = _text(record.parent)
    if record.seed_shift:
        shown[SHIFT] = record.seed_shift
    for name, value in record.values.items():
        if value is not None:
            shown[_text(name)] = _text(value) if isinstance(value, str) else _number(value)
    return shown


def _number(value: float) -> str | float | bool:
    try:
        return value if math.isfinite(value) else str(value)
    except OverflowError:  # an integer of more than 308 digits
        return str(value)


def _text(value: str) -> str:
    """Bytes that are no UTF-8, which no event takes, are written out."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def write_row(folder: Path, record: RunRecord, curves: Curves) -> Path:
    """Write the row of a run that has ended, or is to be shown as it stands.

    Args:
        folder: of the run; the name of its row is its path below the folder that TensorBoard reads.
        record: of the run.
        curves: values by metric, in order.

    Returns:
        The event file, which replaces one that was written before.

    Raises:
        ImportError: tensorboard is not installed.
        OSError: nothing can be written.
        ValueError: the record holds what no event takes.
    """
    from tensorboard.summary.writer.record_writer import RecordWriter

    began = datetime.fromisoformat(record.started).timestamp()
    file = folder / f"events.out.tfevents.{int(began)}.{record.id}"
    half = folder / f".{file.name}.{secrets.token_hex(4)}.half"
    try:
        with half.open("xb") as stream:  # never through a link that a stranger left there
            writer = RecordWriter(stream)
            for event in _events(record, curves, began):
                writer.write(event.SerializeToString())
            writer.flush()
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)
    return file


def _events(record: RunRecord, curves: Curves, began: float) -> Iterator["Event"]:
    from tensorboard.compat.proto.event_pb2 import Event

    yield Event(wall_time=began, file_version="brain.Event:2")
    yield _session_start(record, began)
    for name, points in curves.items():
        for point in points:
            yield _scalar(name, point, began)
    for metric in record.metrics:
        if metric.name in curves:
            yield _scalar(BEST + metric.name, Point(metric.best_step, metric.best, record.elapsed_s or 0.0), began)
    if record.status != "running":
        yield _session_end(record.status, began + (record.elapsed_s or 0.0))


def _session_start(record: RunRecord, began: float) -> "Event":
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    start = plugin_data_pb2.SessionStartInfo(group_name=record.id, start_time_secs=began)
    for name, value in options_shown(record).items():
        if isinstance(value, bool):
            start.hparams[name].bool_value = value
        elif isinstance(value, str):
            start.hparams[name].string_value = value
        else:
            start.hparams[name].number_value = value
    content = plugin_data_pb2.HParamsPluginData(session_start_info=start)
    return _plugin_event(metadata.SESSION_START_INFO_TAG, content, began)


def _session_end(status: Status, ended: float) -> "Event":
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    name = "STATUS_SUCCESS" if status == "done" else "STATUS_FAILURE"
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.Status.Value(name), end_time_secs=ended)
    return _plugin_event(metadata.SESSION_END_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_end_info=end), ended)


def _plugin_event(tag: str, content: object, wall_time: float) -> "Event":
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.plugins.hparams import metadata

    content.version = metadata.PLUGIN_DATA_VERSION  # type: ignore[attr-defined]
    data = SummaryMetadata.PluginData(plugin_name=metadata.PLUGIN_NAME, content=content.SerializeToString())  # type: ignore[attr-defined]
    value = Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=data), tensor=metadata.NULL_TENSOR)
    return Event(wall_time=wall_time, summary=Summary(value=[value]))


def _scalar(tag: str, point: Point, began: float) -> "Event":
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    value = Summary.Value(tag=_text(tag), simple_value=point.value)
    return Event(wall_time=began + point.seconds, step=point.step, summary=Summary(value=[value]))
