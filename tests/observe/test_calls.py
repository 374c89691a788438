"""The latest training calls are known by what they were given, for as long as it exists."""

import torch

from wellfit.observe.calls import RECENT, Calls


def test_batch_that_was_trained_on_is_known() -> None:
    calls, batch = Calls(), torch.randn(8, 3)
    calls.note(0, 0, (batch,), {})
    assert calls.was_given(batch)
    assert calls.was_given(batch.detach())
    assert not calls.was_given(batch[1:])


def test_same_rows_of_a_tensor_that_still_exists_are_known() -> None:
    calls, data = Calls(), torch.randn(8, 3)
    calls.note(0, 0, (data[2:4],), {})
    assert calls.was_given(data[2:4])
    assert not calls.was_given(data[4:6])


def test_memory_that_was_used_again_is_not_taken_for_the_batch() -> None:
    calls, memory = Calls(), bytearray(64)
    batch = torch.frombuffer(memory, dtype=torch.float32)
    calls.note(0, 0, (batch,), {})
    assert calls.was_given(batch)
    del batch
    assert not calls.was_given(torch.frombuffer(memory, dtype=torch.float32))


def test_only_the_latest_calls_are_kept() -> None:
    calls, batches = Calls(), [torch.randn(4, 2) for _ in range(RECENT + 1)]
    for order, batch in enumerate(batches):
        calls.note(order, 0, (batch,), {})
    assert not calls.was_given(batches[0])
    assert calls.was_given(batches[1])


def test_calls_since_a_backward_name_what_they_were_given() -> None:
    calls, first, second = Calls(), torch.randn(4, 2), torch.randn(4, 2)
    calls.note(0, 0, (first,), {})
    calls.note(1, 1, (first, [second]), {"mask": second})
    (call,) = calls.since(1)
    assert (call.order, [name for name, _ in call.given]) == (1, ["input 0", "input 1[0]", "mask"])


def test_results_of_other_layers_are_left_out() -> None:
    calls, result = Calls(), torch.randn(4, 2, requires_grad=True) * 2
    calls.note(0, 0, (result,), {})
    (call,) = calls.since(0)
    assert not call.given


def test_values_under_a_transform_have_no_address() -> None:
    calls = Calls()

    def inside(row: torch.Tensor) -> torch.Tensor:
        calls.note(0, 0, (row,), {})
        return row.sum()

    torch.vmap(inside)(torch.randn(4, 3))
    assert not calls.was_given(torch.randn(4, 3))
