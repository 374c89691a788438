"""Evaluations whose answers are constant, and that are cut into other batches: what is trained stays."""

import pytest
from intervene.programs import BY_LOADER, LOADER, MODEL, SGD, START
from intervene.test_conformance import try_it
from trying import Bench, Tried

from wellfit.intervene.cut_evaluation import other_size
from wellfit.model.cure import Cure
from wellfit.model.events.deep import AnswersReplaced, EvaluationPass

HELD = "held = DataLoader(TensorDataset(x[:50], y[:50]), batch_size=16)\n"
EVALUATE = """\
    with torch.no_grad():
        sizes, right = [], []
        for rows, labels in held:
            sizes.append(len(rows))
            right.append((net(rows).argmax(1) == labels).float().mean())
    print(sizes, len(held), held.batch_size, torch.stack(right).mean().item())
"""
CLASSES = START + LOADER + HELD + MODEL + SGD + BY_LOADER + EVALUATE
NUMBERS = """\
import torch
from torch import nn
from torch.nn import functional as F
torch.manual_seed(0)
x = torch.randn(64, 8)
y = x.sum(1) + torch.randn(64)
net = nn.Linear(8, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for step in range(12):
    batch = torch.randint(0, 48, (16,))
    loss = F.mse_loss(net(x[batch]).squeeze(1), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step != 5:
        continue
    with torch.no_grad():
        explained = []
        for start in (0, 24, 48):
            rows, wanted = x[start:start + 24], y[start:start + 24]
            errors = (net(rows).squeeze(1) - wanted).square().sum()
            explained.append(1 - errors / (wanted - wanted.mean()).square().sum())
        print(torch.stack(explained).mean().item())
"""

CONSTANT = Cure("replace_answers", None, {"constant": True})
CUT = Cure("cut_evaluation")


def passes(tried: Tried) -> tuple[EvaluationPass, ...]:
    (replaced,) = tried.of(AnswersReplaced)
    found: tuple[EvaluationPass, ...] = replaced.passes
    return found


def last_number(line: str) -> float:
    return float(line.rsplit(maxsplit=1)[-1])


def test_what_is_printed_of_constant_answers_is_known_for_each_pass(bench: Bench) -> None:
    tried = try_it(bench, CLASSES, CONSTANT)
    seen = passes(tried)
    printed = [last_number(line) for line in tried.output.splitlines()]
    assert [(one.batches, one.samples, one.first, one.last) for one in seen] == [(4, 50, 16, 2)] * len(printed)
    assert printed == pytest.approx([one.of_batches for one in seen], abs=1e-6)
    assert all(round(50 * one.of_all, 6) == round(50 * one.of_all) for one in seen)
    assert any(abs(one.of_all - one.of_batches) > 0.01 for one in seen)
    assert seen[0].of_all == max(one.of_all for one in seen)  # the majority comes first


def test_other_batches_change_the_evaluation_and_nothing_that_trains(bench: Bench) -> None:
    as_is, cut = try_it(bench, CLASSES), try_it(bench, CLASSES, CUT)
    assert (cut.losses, cut.weights) == (as_is.losses, as_is.weights)
    assert as_is.output.startswith("[16, 16, 16, 2] 4 16")
    assert cut.output.startswith("[20, 20, 10] 3 20")


def test_a_loader_that_is_trained_from_keeps_its_batches(bench: Bench) -> None:
    before = "with torch.no_grad():\n    print([len(rows) for rows, _ in loader])\n"
    program = START + LOADER.replace("16", "24") + MODEL + SGD + before + BY_LOADER.replace("range(8)", "range(4)")
    program += "    with torch.no_grad():\n        print([len(rows) for rows, _ in loader], len(loader))\n"
    as_is, cut = try_it(bench, program), try_it(bench, program, CUT)
    assert (cut.losses, cut.weights) == (as_is.losses, as_is.weights)
    assert cut.output.splitlines()[1:] == as_is.output.splitlines()[1:] == ["[24, 24, 16] 3"] * 3
    assert cut.output.splitlines()[0] != as_is.output.splitlines()[0]


def test_the_mean_explains_nothing_and_less_than_nothing_of_each_batch(bench: Bench) -> None:
    tried = try_it(bench, NUMBERS, CONSTANT)
    (seen,) = passes(tried)
    assert last_number(tried.output) == pytest.approx(seen.of_batches, abs=1e-4)
    assert seen.of_batches < seen.of_all <= 0
    assert seen.samples == 64


@pytest.mark.parametrize(("size", "samples", "other"), [(64, 400, 80 + 1), (16, 50, 20), (50, 400, 62), (7, 8, 8)])
def test_the_other_size_leaves_a_short_last_batch(size: int, samples: int, other: int) -> None:
    assert other_size(size, samples) == other
