"""Why short runs of one script part: each cause is planted, and must be named. The runs are forked, not started."""

import tempfile
from pathlib import Path

import planted
import pytest
import torch._dynamo  # noqa: F401 - once, before the forks: optimizers load it
from running import run_with

import wellfit.intervene.retrace.arm
import wellfit.observe.arm
import wellfit.record.arm  # noqa: F401 - these, too
from wellfit.digest.recorded import Recorded
from wellfit.keep.bisection.narrow import Before, bisect
from wellfit.keep.bisection.trace import Traced, part, read_traced
from wellfit.keep.bisection.trials import AS_IT_IS, MOST_TRIALS, Held, traced_settings
from wellfit.keep.first_difference import FirstDifference
from wellfit.model.record import RunRecord


class Forked:
    """Makes short runs of a script in a folder, each in a fork of this process."""

    def __init__(self, path: Path) -> None:
        self.path, self.made = path, 0

    def has_room(self, count: int = 1) -> bool:
        return self.made + count <= MOST_TRIALS

    def make(self, name: str, held: Held = AS_IT_IS) -> Traced:
        self.made += 1
        with tempfile.TemporaryDirectory() as folder:
            logs = Path(folder).resolve()
            output = logs / "output.txt"
            code = run_with(self.path, traced_settings(self.path.parent, logs, held, {}), output)
            assert not code, output.read_text()
            return read_traced(logs)


def record(started="2026-11-28T09:00:00+00:00"):
    return RunRecord("", "run", ("python",), "/", "train.py", started, "done", 1)


def find(tmp_path, text):
    trials = Forked(planted.write(tmp_path.resolve(), text))
    nothing = Recorded((), None, (), {})
    difference = FirstDifference("final weights", "the weights differ after 20 steps", 20)
    return bisect(trials, Before(record(), record(), nothing, nothing, difference))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (planted.INIT, ("init", "torch.manual_seed", "time_ns", "torch.manual_seed(0)")),
        (planted.ORDER, ("data order", "Generator.seed", "own.seed()", "manual_seed(0) of that generator")),
        (planted.NOISE, ("augmentation", "np.random.default_rng", "default_rng()", "np.random.default_rng(0)")),
        (planted.WORKERS, ("augmentation", "in worker 0", "np.random.seed(", "torch.initial_seed() % 2**32")),
        (planted.RESEEDED, ("dropout", "Dropout draws other", "torch.manual_seed(", "once before the loop")),
        (planted.CLOCKED, ("augmentation", "reads time.time", "time.time()", "in place of time.time()")),
        (planted.ROWS, ("data order", "random.seed", "random.seed(", "random.seed(0)")),
    ],
    ids=["init", "order", "numpy", "workers", "dropout", "clock", "random"],
)
def test_what_lets_chance_in_is_named_with_its_line_and_its_cure(tmp_path, text, expected):
    what, told, guilty, edit = expected
    cause = find(tmp_path, text)
    assert (cause.what, cause.confirmed, cause.trials) == (what, True, 3), cause
    assert told in cause.saw
    assert cause.saw.endswith("given the same again, short runs come out equal")
    assert (cause.place.file, cause.place.line) == ("train.py", planted.line_of(text, guilty))
    assert edit in cause.fix


def test_a_second_cause_is_said_to_remain(tmp_path):
    text = planted.script(
        "torch.seed()\n", planted.NET, planted.IN_ORDER, before="a = a + torch.tensor(np.random.default_rng().normal())"
    )
    cause = find(tmp_path, text)
    assert cause.what == "init"
    assert "torch.seed" in cause.saw
    assert f"short runs part later, in aten.lift_fresh.default at train.py:{planted.line_of(text, 'a + ')}" in cause.saw


def test_runs_of_a_script_that_repeats_itself_do_not_part(tmp_path):
    trials = Forked(planted.write(tmp_path.resolve(), planted.COMES_BACK))
    one, other = trials.make("one"), trials.make("other")
    assert part(one, other) is None
    assert sorted(one.processes) == ["", "1", "2", "3", "4"]  # two workers in each of two epochs
    assert one.steps == 20


def test_what_comes_after_the_short_runs_is_said_to_come_later(tmp_path):
    trials = Forked(planted.write(tmp_path.resolve(), planted.COMES_BACK))
    told = trials.make("as recorded").told
    difference = FirstDifference("training", "the loss of step 700 is 1 in the one and 2 in the other", 700)
    cause = bisect(trials, Before(record(), record(), told, told, difference))
    assert cause.what == "later"
    assert "the first 20 steps came back in two short runs: what differs comes later, at step 700" in cause.saw
