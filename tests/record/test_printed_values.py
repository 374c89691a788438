"""Numbers in lines as people print them."""

import io

import pytest

from wellfit.digest.recorded import is_higher_better
from wellfit.record.printed import Listener, values_in

LINES = {
    "val_loss=0.31": [("val_loss", 0.31)],
    "epoch: 3, train/loss: 1.2e-3, acc=97%": [("epoch", 3), ("train/loss", 0.0012), ("acc", 0.97)],
    "{'eval_loss': 0.412, 'eval_accuracy': 0.9, 'epoch': 1.0}": [
        ("eval_loss", 0.412),
        ("eval_accuracy", 0.9),
        ("epoch", 1),
    ],
    '{"loss": "0.25", "step": 100}': [("loss", 0.25), ("step", 100)],
    "loss = 2.5 | grad_norm = 1,234.5": [("loss", 2.5), ("grad_norm", 1234.5)],
    "loss=nan lr=-inf": [("loss", float("nan")), ("lr", float("-inf"))],
    " 45%|####5     | 45/100 [00:12<00:15, 3.6it/s, loss=0.5]": [("loss", 0.5)],
    "finished at 2026-11-28 09:15:33": [],
    "time: 12:30": [],
    "saved to runs/model=3.pt": [],
    "torch: 2.13.0+cpu": [],
    "size: 3x64x64": [],
    "see http://host:8080/x": [],
    "no values here": [],
    "shape=(3, 4) name=adam": [],
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_gives_its_values(line):
    found = list(values_in(line))
    assert [name for name, _ in found] == [name for name, _ in LINES[line]]
    assert [value for _, value in found] == pytest.approx([value for _, value in LINES[line]], nan_ok=True)


def test_a_line_may_come_in_pieces_and_is_passed_on_as_it_is():
    heard = []
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    Listener(stream, lambda name, value, _: heard.append((name, value)))
    print("loss=0.", end="", file=stream)
    print("25 acc", "0.5", sep="=", file=stream)
    stream.write("a: 1\rb: 2\r")
    stream.flush()
    assert heard == [("loss", 0.25), ("acc", 0.5), ("a", 1.0), ("b", 2.0)]
    assert stream.buffer.getvalue() == b"loss=0.25 acc=0.5\na: 1\rb: 2\r"


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
    assert not list(values_in("a=1 " * 2000))


def test_directions_of_names():
    assert [is_higher_better(n) for n in ("val_acc", "Accuracy", "eval/f1", "train_loss", "test-error", "gamma")] == [
        True,
        True,
        True,
        False,
        False,
        None,
    ]
