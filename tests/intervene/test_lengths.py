"""A schedule that is lengthened sets the rates of one that was made with that length."""

import pytest
from intervene.programs import HERE, SGD, loop, plain
from trying import Bench

from wellfit.model.cure import Cure
from wellfit.model.place import Place

STEPPED = loop("optimizer.step()", "optimizer.step()\n    scheduler.step()")
CYCLE = "torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps={calls}"
LINES = {
    "cosine": "torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, {calls})",
    "linear": "torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, {calls})",
    "polynomial": "torch.optim.lr_scheduler.PolynomialLR(optimizer, {calls}, power=2)",
    "one cycle": CYCLE + ")",
    "one cycle in three phases": CYCLE + ", three_phase=True)",
    "transformers": "__import__('transformers').get_scheduler('cosine', optimizer, 3, {calls})",
}


def program(name: str, calls: int) -> str:
    return plain(optimizer=f"{SGD}scheduler = {LINES[name].format(calls=calls)}  {HERE}\n", loop=STEPPED)


@pytest.mark.parametrize("name", LINES)
def test_a_lengthened_schedule_is_one_of_that_length(name: str, bench: Bench) -> None:
    text = program(name, 12)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if HERE in row)
    bench.write(text)
    cured = bench.run((Cure("lengthen_schedule", Place(str(bench.script), line, ""), {"calls": 20}),), train=11)
    as_is = bench.run(train=11)
    bench.write(program(name, 20))
    twin = bench.run(train=11)
    assert cured.changed.times == 1
    assert cured.losses == pytest.approx(twin.losses, rel=1e-9)
    assert cured.losses != as_is.losses
