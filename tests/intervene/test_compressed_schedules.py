"""A schedule that is compressed goes through all of its own calls, evenly, in fewer steps."""

import pytest
from intervene.programs import MODEL, SGD, START, STEPPED, loop, plain
from intervene.test_conformance import try_it
from trying import Bench

from wellfit.model.cure import Cure

SHOWN = "\n    print('RATE', optimizer.param_groups[0]['lr'])"
LAMBDA = SGD + "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / 30)\n"
COMPOSED = (
    SGD
    + """\
kinds = torch.optim.lr_scheduler
parts = [kinds.ConstantLR(optimizer, 0.5, 12), kinds.ExponentialLR(optimizer, 0.9)]
scheduler = kinds.SequentialLR(optimizer, parts, [12])
"""
)


@pytest.mark.parametrize("made", [LAMBDA, COMPOSED], ids=["of its own", "composed of others"])
def test_three_calls_a_step_are_what_the_program_would_make_itself(made: str, bench: Bench) -> None:
    cure = Cure("compress_schedule", None, {"calls": 24, "steps": 8})
    tried = try_it(bench, plain(optimizer=made, loop=STEPPED), cure)
    thrice = loop("optimizer.step()", "optimizer.step()" + "\n    scheduler.step()" * 3)
    assert tried.losses == try_it(bench, plain(optimizer=made, loop=thrice)).losses


def test_calls_of_epochs_are_spread_over_the_steps(bench: Bench) -> None:
    program = START + MODEL + LAMBDA + loop("optimizer.step()", "optimizer.step()" + SHOWN)
    tried = try_it(bench, program, Cure("compress_schedule", None, {"calls": 3, "steps": 8}))
    rates = [float(line.split()[1]) for line in tried.output.splitlines() if line.startswith("RATE")]
    due = [0, 0, 1, 1, 1, 2, 2, 3]
    assert rates[:8] == pytest.approx([0.1 * (1 - calls / 30) for calls in due])
