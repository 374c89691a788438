"""What procedures make of trial runs, on runs written by hand."""

from dataclasses import replace

import pytest

from wellfit.deep.blank_inputs import PERMUTED, ZEROED, compare_with_blank_inputs
from wellfit.deep.metric import CONSTANT, CUT, PERFECT, SHUFFLED, Printed, read_numbers, try_metric
from wellfit.deep.one_batch import ONE_BATCH
from wellfit.deep.procedure import AGAIN, AS_IS, Trials, Variant
from wellfit.deep.same_seed import compare_runs
from wellfit.errors import ProcedureError
from wellfit.model.events.deep import (
    AnswersReplaced,
    EvaluationPass,
    MetricTried,
    RunsCompared,
    SeedSet,
    StepHashed,
)
from wellfit.model.events.trial import TrialEnded, TrialStepped
from wellfit.model.log import EventLog
from wellfit.model.place import Place
from wellfit.prove.trial import TrialRun

HERE, SEED_LINE = Place("/home/user/train.py", 17, "<module>"), Place("/home/user/train.py", 3, "<module>")


def hashed(step: int, **changes: object) -> StepHashed:
    event = StepHashed(step, "w" if step < 2 else None, f"x{step}", (f"r{step}",), "y", "g", "0x1p+0", HERE, "cpu")
    return replace(event, **changes)


def run_of(steps: list[StepHashed], *others: object, weights: str = "end", output: str = "") -> TrialRun:
    ended = TrialEnded("start", "batch", weights, len(steps))
    return TrialRun(None, 1.0, ended=ended, log=EventLog((*others, *steps)), output=output)


def trials(runs: dict[Variant, TrialRun], *, train_steps: int = 60) -> Trials:
    return Trials(runs.__getitem__, EventLog(()), train_steps)


def compare(other: TrialRun, one: TrialRun | None = None) -> RunsCompared:
    (compared,) = compare_runs(trials({AS_IS: one or run_of([hashed(s) for s in range(4)]), AGAIN: other}))
    return compared


def changed(at: int, **changes: object) -> TrialRun:
    return run_of([hashed(step, **(changes if step >= at else {})) for step in range(4)])


def test_equal_runs_differ_nowhere() -> None:
    compared = compare(changed(9))
    assert (compared.first, compared.step, compared.steps) == (None, None, 4)


@pytest.mark.parametrize(
    ("other", "first", "step"),
    [
        (changed(0, weights="v"), "start", 0),
        (changed(1, weights="v"), "update", 1),
        (changed(2, inputs="z", generators="h", loss="0x2p+0"), "inputs", 2),
        (changed(2, targets="z"), "targets", 2),
        (changed(2, generators="h", loss="0x2p+0"), "generators", 2),
        (changed(3, loss="0x2p+0"), "loss", 3),
        (run_of([hashed(step) for step in range(4)], weights="other"), "update", 3),
        (run_of([hashed(step) for step in range(3)]), "steps", None),
    ],
)
def test_the_first_difference_is_what_the_others_follow_from(other: TrialRun, first: str, step: int | None) -> None:
    compared = compare(other)
    assert (compared.first, compared.step) == (first, step)


def test_the_same_samples_in_another_order_are_known() -> None:
    rows = [hashed(step, inputs=f"other {step}", rows=(f"r{3 - step}",)) for step in range(4)]
    assert compare(run_of(rows)).shared_rows == 1.0
    fresh = [hashed(step, inputs=f"other {step}", rows=(f"new {step}",)) for step in range(4)]
    assert compare(run_of(fresh)).shared_rows == 0.0


def test_a_line_that_seeds_differently_is_named() -> None:
    def seeded(value: str, weights: str) -> TrialRun:
        fixed = SeedSet("random.seed", "1", Place("/home/user/train.py", 2, "<module>"))
        steps = [hashed(step, weights=weights) for step in range(4)]
        return run_of(steps, fixed, SeedSet("torch.manual_seed", value, SEED_LINE))

    ((one, other),) = compare(seeded("8", "v"), seeded("7", "w")).seeds
    assert (one.place, one.value, other.value) == (SEED_LINE, "7", "8")


def course(*, start: float, end: float, steps: int = 60, targets: str = "y") -> TrialRun:
    values = [start + (end - start) * step / steps + 0.001 * (step % 5) for step in range(steps)]
    stepped = [TrialStepped(step, value, value) for step, value in enumerate(values)]
    return run_of([hashed(step, targets=targets) for step in range(steps)], *stepped)


def test_inputs_that_help_lose_less_than_their_interval() -> None:
    runs = {AS_IS: course(start=2.3, end=0.5), ZEROED: course(start=2.3, end=2.3), PERMUTED: course(start=2.3, end=2.2)}
    (seen,) = compare_with_blank_inputs(trials({**runs, ONE_BATCH: course(start=2.3, end=0.01)}))
    assert seen.gain_over_zeroed[0] > 0.5
    assert seen.gain_over_permuted[0] > 0.5
    assert seen.equal < seen.steps


def test_runs_with_other_targets_are_not_compared() -> None:
    alike = course(start=2.3, end=2.3)
    runs = {AS_IS: alike, ZEROED: course(start=2.3, end=2.3, targets="z"), PERMUTED: alike, ONE_BATCH: alike}
    with pytest.raises(ProcedureError, match="changes with the inputs"):
        next(compare_with_blank_inputs(trials(runs)))


def test_numbers_are_read_with_their_lines_and_signs() -> None:
    text = "epoch 3: acc=0.91, 45.5% of v2.1\nloss 1e-3"
    assert read_numbers(text) == {
        (0, 0): Printed("epoch #: acc=#, #% of v2.1", 3.0, False, 1.0),
        (0, 1): Printed("epoch #: acc=#, #% of v2.1", 0.91, False, 0.01),
        (0, 2): Printed("epoch #: acc=#, #% of v2.1", 45.5, True, 0.1),
        (1, 0): Printed("loss #", 0.001, False, 0.001),
    }


TEXTS = {
    AS_IS: "as_is", AGAIN: "again", PERFECT: "perfect", SHUFFLED: "shuffled", CONSTANT: "constant", CUT: "cut",
}  # fmt: skip


def metric(*, cuts: int = 1, **outputs: str) -> MetricTried:
    replaced = AnswersReplaced(HERE, 7, (EvaluationPass(7, 400, 64, 16, 0.1, 0.12, 0.2),))
    runs = {v: run_of([], replaced, output=outputs.get(name, outputs["as_is"])) for v, name in TEXTS.items()}
    (tried,) = try_metric(trials({**runs, CUT: replace(runs[CUT], applied=(7, cuts))}))
    return tried


def test_a_printed_time_is_no_metric() -> None:
    tried = metric(
        as_is="acc 0.5 in 0.31 s", again="acc 0.5 in 0.35 s", perfect="acc 1.0 in 0.39 s", shuffled="acc 0.1 in 0.2 s"
    )
    assert [(n.position, n.as_is, n.perfect, n.shuffled) for n in tried.numbers] == [(0, 0.5, 1.0, 0.1)]


def test_constant_answers_and_other_batches_are_read_beside_it() -> None:
    outputs = {"as_is": "acc 0.5", "perfect": "acc 1.0", "shuffled": "acc 0.1", "constant": "acc 0.12"}
    (number,) = metric(**outputs, again="acc 0.5", cut="acc 0.13").numbers
    assert (number.constant, number.cut, number.unit) == (0.12, 0.13, 0.1)
    (number,) = metric(**outputs, again="acc 0.5", cut="0 of 3; acc 0.13").numbers
    assert (number.constant, number.cut) == (0.12, None)


def test_a_run_in_which_nothing_could_be_cut_is_none_in_other_batches() -> None:
    outputs = {"as_is": "acc 0.5", "again": "acc 0.5", "perfect": "acc 1.0", "shuffled": "acc 0.1"}
    tried = metric(**outputs, constant="acc 0.12", cut="acc 0.12", cuts=0)
    assert tried.cut == ()
    assert len(tried.constant) == 1
    assert tried.numbers[0].cut is None


def test_lines_that_are_not_printed_by_all_are_left_out() -> None:
    with pytest.raises(ProcedureError, match="nothing that the script prints"):
        metric(as_is="acc 0.5", again="acc 0.5", perfect="best so far: acc 1.0", shuffled="acc 0.1")
