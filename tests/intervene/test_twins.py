"""A cured run is its twin that was cured by hand, to the last bit, for every rule whose cure has one natural form."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from running import run_watched
from trying import Bench

import wellfit.rules
from wellfit.model.cure import Cure

RULES = Path(next(iter(wellfit.rules.__path__)))

TWINS = (
    "data/training_data_in_label_order",
    "loop/eval_mode_never_undone",
    "loop/gradients_not_cleared",
    "loop/step_before_backward",
    "loop/training_in_eval_mode_from_start",
    "loop/zero_grad_between_backward_and_step",
    "loss/broadcast_in_loss",
    "loss/log_softmax_before_cross_entropy",
    "loss/logits_to_bce",
    "loss/loss_detached",
    "loss/nll_loss_without_log_probabilities",
    "loss/sigmoid_before_bce_with_logits",
    "loss/softmax_before_cross_entropy",
    "model/batch_first_mixup",
    "model/graph_cut",
    "model/layers_in_python_container",
    "model/softmax_over_the_batch",
    "model/view_instead_of_permute",
    "optim/adam_with_l2",
    "optim/lr_scale_ignored",
    "optim/parameters_not_in_optimizer",
    "optim/plateau_mode_reversed",
    "optim/rate_rises_after_decay",
    "optim/schedule_in_wrong_unit",
    "optim/schedule_longer_than_run",
    "optim/schedule_never_stepped",
    "optim/schedule_shorter_than_run",
    "optim/stale_parameters_in_optimizer",
    "optim/warmup_multiplied_by_decay",
)

BETTER = (
    "data/unscaled_inputs",
    "init/constant_init",
    "numerics/first_nonfinite_tensor",
    "numerics/nonfinite_input",
    "optim/learning_rate_too_high",
    "optim/learning_rate_too_low",
    "optim/learning_rate_zero",
    "optim/nothing_trains",
)
"""Rules with several hands' fixes: other values to start from, other statistics, another rate."""

EVALUATIONS = ("eval/evaluation_in_train_mode", "eval/dropout_alive_in_eval")

LONGER = {"optim/schedule_never_stepped": 40, "optim/plateau_mode_reversed": 20}
"""Steps that train, where an epoch, or several, have to end first."""


def cure_of(rule: str, bench: Bench) -> Cure:
    """What the finding of the rule's bad program carries, as if it stood in the bench's script."""
    found = run_watched(RULES / rule / "bad.py")
    cures = [f.cure for verdict in found.verdicts.values() for f in verdict.findings if f.cure is not None]
    place = cures[0].place and replace(cures[0].place, file=str(bench.script))
    options = {key: str(bench.script) if key.endswith("_file") else value for key, value in cures[0].options.items()}
    return Cure(cures[0].intervention, place, options)


@pytest.mark.parametrize("rule", TWINS)
def test_the_cured_run_is_its_twin(rule: str, bench: Bench) -> None:
    train = LONGER.get(rule, 12)
    cure = cure_of(rule, bench)
    bench.write((RULES / rule / "bad.py").read_text())
    cured = bench.run((cure,), train=train)
    bench.write((RULES / rule / "good.py").read_text())
    twin = bench.run(train=train)
    assert cured.changed.times > 0
    assert len(twin.losses) == train
    assert cured.losses == twin.losses
    assert cured.weights == twin.weights


RATES = {
    "optim/learning_rate_too_low": ("lr=1e-5", lambda cure: 1e-5 * cure.options["factor"]),
    "optim/learning_rate_too_high": ("lr=30.0", lambda cure: 30.0 * cure.options["factor"]),
    "optim/learning_rate_zero": ("lr=1 // 2", lambda cure: cure.options["rate"]),
}
"""How the bad program writes its rate, and the rate that the finding's cure stands for."""


@pytest.mark.parametrize("rule", RATES)
def test_a_run_with_another_rate_is_the_program_with_that_rate_in_its_text(rule: str, bench: Bench) -> None:
    written, rate = RATES[rule]
    program, cure = (RULES / rule / "bad.py").read_text(), cure_of(rule, bench)
    bench.write(program)
    cured = bench.run((cure,))
    bench.write(program.replace(written, f"lr={rate(cure):.12g}"))
    twin = bench.run()
    assert program.count(written) == cured.changed.times == 1
    assert len(twin.losses) == 20
    assert cured.losses == twin.losses
    assert cured.weights == twin.weights


def proper(bench: Bench, program: str, *cures: Cure) -> float:
    """Mean proper loss of the script's answers, or its own loss, once it has learned."""
    bench.write(program)
    tried = bench.run(cures, train=24)
    best = tried.scores[0].score
    return best.loss / best.rows


@pytest.mark.parametrize("rule", BETTER)
def test_the_cured_run_is_better(rule: str, bench: Bench) -> None:
    program = (RULES / rule / "bad.py").read_text()
    as_is, cured = proper(bench, program), proper(bench, program, cure_of(rule, bench))
    assert math.isfinite(cured)
    assert not as_is <= cured, "worse than cured, or not even a number"


@pytest.mark.parametrize("rule", EVALUATIONS)
def test_an_evaluation_is_scored_both_ways_in_one_run(rule: str, bench: Bench) -> None:
    cure = cure_of(rule, bench)
    bench.write((RULES / rule / "bad.py").read_text())
    as_is, cured = bench.run(train=24), bench.run((cure,), train=24)
    assert cured.losses == as_is.losses
    both = next(s for s in cured.scores if s.other_way is not None)
    assert both.score.rows == both.other_way.rows == 297
    assert both.other_way.correct > both.score.correct
