"""What `wellfit repro` says of each thing that it saw, or could not see."""

from dataclasses import replace

import pytest

from wellfit.model.events.deep import ResumptionTried, RunsCompared, SeedSet
from wellfit.model.place import Place
from wellfit.model.repro import Reproduced
from wellfit.report.repro import facts, render

LINE = Place("train.py", 7, "main")
EQUAL = RunsCompared(steps=119, first=None, step=None, shared_rows=1.0, seeds=(), place=None, device="cpu")
SAVED = ResumptionTried("Net", LINE, "", (), None, same_answers=True, optimizer="SGD", same_step=True,
                        optimizer_lost=(), schedules=())  # fmt: skip
ALL = Reproduced(
    script="train.py",
    compared=EQUAL,
    resumed=SAVED,
    refused=(),
    runs=("a", "b", "c"),
    values={"val_loss": (0.797, 0.8017, 0.7606), "acc": (0.5, 0.5, 0.5)},
    noise={"val_loss": 0.0225},
)


def told(**changes: object) -> dict[str, str]:
    rows = list(facts(replace(ALL, **changes)))
    assert len({name for name, _ in rows}) == len(rows)
    return dict(rows)


def test_all_that_came_back_is_said_with_its_numbers() -> None:
    assert told() == {
        "same seed": "119 steps twice, equal to the last bit, on cpu",
        "save, load": "Net gives the same answers and takes the same next step after loading",
        "noise": "val_loss moves by 0.0225 from seed to seed (0.797, 0.8017, 0.7606)",
        "runs": "a, b, c",
        "next": "wellfit runs diff A B calls a difference within the noise a tie",
    }


def test_nothing_seen_says_so_and_hides_no_reason() -> None:
    nothing = told(compared=None, resumed=None, noise={}, values={}, refused=(("resumption", "no optimizer"),))
    assert nothing == {"not seen": "resumption: no optimizer", "runs": "a, b, c"}


UNSEEDED = (SeedSet("torch.manual_seed", "3", LINE), SeedSet("torch.manual_seed", None, LINE))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"first": "inputs", "step": 3}, "two runs differ first in inputs at step 3"),
        ({"first": "loss", "step": None, "place": LINE}, "two runs differ first in loss, seen at train.py:7"),
        (
            {"first": "inputs", "step": 0, "seeds": (UNSEEDED,)},
            "two runs differ first in inputs at step 0; torch.manual_seed got the seed 3, then a seed of the system",
        ),
        ({"steps": 1}, "1 step twice, equal to the last bit, on cpu"),
    ],
)
def test_two_runs(changes: dict, text: str) -> None:
    assert told(compared=replace(EQUAL, **changes))["same seed"] == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"refused": "it cannot be copied"}, "Net was not asked: it cannot be copied"),
        ({"load_error": "Missing key: a"}, "Net cannot be loaded strictly: Missing key: a"),
        ({"same_answers": False}, "Net gives other answers and takes the same next step after loading"),
        ({"same_answers": None}, "Net takes the same next step after loading; not compared: answers"),
        (
            {"same_step": False, "optimizer_lost": ("ema", "n")},
            "Net gives the same answers and takes another next step after loading; the optimizer does not save ema, n",
        ),
        ({"same_step": None, "same_answers": None}, "Net was loaded; not compared: answers, next step"),
        ({"same_step": None}, "Net gives the same answers after loading; not compared: next step"),
    ],
)
def test_saving_and_loading(changes: dict, text: str) -> None:
    assert told(resumed=replace(SAVED, **changes))["save, load"] == text


DIFFERENT = replace(EQUAL, first="inputs", step=3)


@pytest.mark.parametrize(
    ("changes", "comes_back", "headline"),
    [
        ({}, True, "it comes back: equal seeds give equal runs"),
        ({"compared": DIFFERENT}, False, "it does not come back"),
        ({"resumed": replace(SAVED, same_step=False)}, False, "it does not come back"),
        ({"compared": None}, True, "it comes back: equal seeds give equal runs"),
        ({"compared": None, "resumed": None}, None, "whether it comes back was not seen"),
        ({"compared": None, "resumed": replace(SAVED, refused="x")}, None, "whether it comes back was not seen"),
    ],
)
def test_the_headline_says_what_the_exit_code_will(changes: dict, comes_back: bool | None, headline: str) -> None:
    answer = replace(ALL, **changes)
    assert answer.comes_back is comes_back
    assert render(answer).splitlines()[0] == headline


@pytest.mark.parametrize("width", [0, 60, 80, 200])
def test_lines_are_within_the_terminal_and_without_escapes(width: int) -> None:
    hostile = replace(ALL, resumed=replace(SAVED, root="\x1b[2J\u202eNet" * 9), runs=("run",) * 40)
    text = render(hostile, width=width)
    assert max(map(len, text.splitlines())) <= max(width, 60)
    assert not {"\x1b", "\u202e"} & set(text)
    assert "\x1b[" in render(hostile, width=width, color=True)
