"""Losses are read at once where they lie at hand, and in batches where a device would have to be waited for."""

import math

import torch

from wellfit.observe.losses import BATCH, Losses, LossValue


def note_later(losses: Losses, loss: torch.Tensor, step: int) -> LossValue:
    losses.note(loss, step, at_once=False)
    assert losses.latest is not None
    return losses.latest


def test_value_at_hand_is_known_at_once() -> None:
    assert Losses().note(torch.tensor(2.5), 0, at_once=True) == 2.5


def test_several_elements_are_summed() -> None:
    assert Losses().note(torch.tensor([1.0, 2.0]), 0, at_once=True) == 3.0


def test_waiting_losses_are_read_with_the_batch() -> None:
    losses = Losses()
    noted = [note_later(losses, torch.tensor(float(i)), i) for i in range(BATCH)]
    assert [loss.value for loss in noted] == list(range(BATCH))


def test_loss_before_the_batch_is_full_is_not_known() -> None:
    noted = note_later(Losses(), torch.tensor(1.0), 0)
    assert (noted.known, noted.value) == (False, None)


def test_sampled_iteration_reads_all_that_wait() -> None:
    losses = Losses()
    early = note_later(losses, torch.tensor(1.0), 0)
    assert losses.note(torch.tensor(2.0), 1, at_once=True) == 2.0
    assert early.value == 1.0


def test_waiting_loss_keeps_its_value_when_the_program_changes_the_tensor() -> None:
    losses, loss = Losses(), torch.tensor(1.0)
    noted = note_later(losses, loss, 0)
    loss.mul_(7)
    losses.read()
    assert noted.value == 1.0


def test_first_nonfinite_loss_is_kept() -> None:
    losses = Losses()
    for step, value in enumerate((1.0, math.nan, math.inf)):
        losses.note(torch.tensor(value), step, at_once=False)
    losses.read()
    assert losses.first_nonfinite is not None
    assert losses.first_nonfinite.step == 1


def test_loss_without_a_value_is_known_to_have_none() -> None:
    losses = Losses()
    assert losses.note(torch.empty((), device="meta"), 0, at_once=True) is None
    assert losses.latest is not None
    assert losses.latest.known


def test_what_was_not_finite_is_counted_beside_the_last_finite_values() -> None:
    losses = Losses()
    for step, value in enumerate((1.0, math.nan, 2.0, math.inf)):
        losses.note(torch.tensor(value), step, at_once=True)
    assert (losses.nonfinite, losses.latest_is_nonfinite, list(losses.history)) == (2, True, [1.0, 2.0])
