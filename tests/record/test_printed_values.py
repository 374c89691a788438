"""What is written to a stream is read along, and nothing about it changes."""

import io
import time

import pytest

from wellfit.digest.recorded import is_higher_better
from wellfit.record.printed import Listener, Reader


def test_a_line_may_come_in_pieces_and_is_passed_on_as_it_is():
    heard = []
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    Listener(stream, lambda name, value, _: heard.append((name, value)))
    print("loss=0.", end="", file=stream)
    print("25 acc", "0.5", sep="=", file=stream)
    stream.write("a: 1.5\rb: 2.5\r")
    stream.flush()
    assert heard == [("loss", 0.25), ("acc", 0.5), ("a", 1.5), ("b", 2.5)]
    assert stream.buffer.getvalue() == b"loss=0.25 acc=0.5\na: 1.5\rb: 2.5\r"


def test_a_progress_bar_is_told_from_a_line():
    heard = []
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    Listener(stream, lambda name, value, progress: heard.append((name, value, progress)))
    stream.write("a=0\r\n")
    for step in (1, 2):
        stream.write(f"\r {step}0 % a={step}")
    stream.write("\nb=3\n")
    assert heard == [("a", 0.0, False), ("a", 1.0, True), ("a", 2.0, True), ("b", 3.0, False)]


def test_what_a_write_returns_and_raises_is_the_streams_own():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Listener(stream, lambda *_: None)
    assert stream.write("x=1\n") == 4
    with pytest.raises(UnicodeEncodeError):
        stream.write("ä\n")
    with pytest.raises(TypeError):
        stream.write(3)


def test_a_dump_of_data_is_passed_over():
    assert not Reader().values_in("a=1 " * 2000)


def test_directions_of_names():
    assert [is_higher_better(n) for n in ("val_acc", "Accuracy", "eval/f1", "train_loss", "test-error", "gamma")] == [
        True,
        True,
        True,
        False,
        False,
        None,
    ]


@pytest.mark.parametrize(
    "line",
    [
        *("f(" * 1990 + "1", "tensor(0.1," + " a=b" * 900, "tensor(1" + ",a=b" * 900, "accuracy of the " * 240 + "1"),
        *("1 " * 1999, "(" * 3990 + "1", "'" * 3990 + "1", "|" * 3990 + "1", "a' 1" * 900),
    ],
)
def test_no_line_takes_long(line):
    reader = Reader()
    began = time.process_time()
    reader.values_in(line)
    assert time.process_time() - began < 0.2
