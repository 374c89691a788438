"""What a record must be besides its types, so that whoever lists, compares or repeats runs can take it as it is."""

from collections.abc import Iterator
from datetime import datetime

from wellfit.model.option import DeclaredOption
from wellfit.model.record import RunRecord

_LARGEST_INTEGER = 2**63 - 1
"""That SQLite keeps."""


def check_sound(record: RunRecord) -> None:
    """Refuse a record that this program would not have written.

    Raises:
        ValueError: something in it is not what it has to be; the text says what.
    """
    mistake = next(_mistakes(record), None)
    if mistake is not None:
        raise ValueError(mistake)


def _mistakes(record: RunRecord) -> Iterator[str]:
    if not isinstance(record.status, str):
        yield "its status is no word"
    if not record.words:
        yield "its command is empty"
    if not _is_moment(record.started):
        yield "its start is no time with its zone"
    if any("\0" in text for text in _texts(record)):
        yield "a path or a word of its command holds a zero byte"
    if not all(_is_scalar(value) for option in record.options for value in (option.value, option.default)):
        yield "an option is neither a string, a number, a boolean nor null"
    if not all(_is_scalar(value) for option in record.declared for value in _values_of(option)):
        yield "what an option takes is neither a string, a number, a boolean nor null"
    if any(abs(number) > _LARGEST_INTEGER for number in _integers(record)):
        yield "a number in it is beyond 64 bits"


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _values_of(option: DeclaredOption) -> Iterator[object]:
    yield from (option.default, option.sets, *option.choices)


def _texts(record: RunRecord) -> Iterator[str]:
    yield from (*record.words, record.folder, record.script)
    if record.sources is not None:
        yield record.sources.root
        yield from (file.path for file in record.sources.files)
    if record.git is not None:
        yield record.git.root
        yield from (file.path for file in record.git.untracked)
        yield from record.git.hashes
        yield from (submodule.path for submodule in record.git.submodules)


def _integers(record: RunRecord) -> Iterator[int]:
    yield from (record.pid, record.exit_code or 0)
    for metric in record.metrics:
        yield from (metric.count, metric.best_step, metric.last_step)
