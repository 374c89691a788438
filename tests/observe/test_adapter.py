"""Every private name of torch that the observer stands on, held against the installed torch."""

import torch
from torch.nn import functional as F

from wellfit.observe import adapter
from wellfit.observe.graph import walk


def test_loss_seams_are_attributes_of_the_kernel_module() -> None:
    assert all(name in vars(torch._C._nn) for name in adapter.LOSS_FUNCTIONS)


def test_loss_nodes_carry_their_names_and_inputs() -> None:
    scores = torch.randn(4, 3, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(scores, torch.ones(4, 3))
    node = walk(loss).nodes[0]
    assert node.name() in adapter.LOSS_NODES
    assert adapter.saved(node, "self").shape == (4, 3)


def test_softmax_dimension_is_read_back_with_its_sign() -> None:
    scores = torch.randn(4, 3, requires_grad=True)
    assert adapter.saved_dim(scores.softmax(-1).grad_fn) == -1
    assert adapter.saved_dim(scores.softmax(0).grad_fn) == 0


def test_node_shape_is_that_of_the_result() -> None:
    scores = torch.randn(4, 3, requires_grad=True)
    assert adapter.node_shape(scores.sum(dim=1).grad_fn) == (4,)


def test_saved_tensor_reads_as_none_once_it_is_freed() -> None:
    scores = torch.randn(4, 3, requires_grad=True)
    result = scores.exp()
    result.sum().backward()
    assert adapter.saved(result.grad_fn, "result") is None


def test_leaf_of_a_graph_is_the_tensor_itself() -> None:
    weight = torch.randn(3, requires_grad=True)
    graph = walk((weight * 2).sum())
    assert next(iter(graph.leaves.values())) is weight


def test_sequence_numbers_rise_in_order_of_execution() -> None:
    weight = torch.randn(3, requires_grad=True)
    first = weight * 2
    second = first + 1
    assert adapter.sequence_number(first.grad_fn) < adapter.sequence_number(second.grad_fn)


def test_backward_and_forward_codes_exist() -> None:
    assert adapter.call_impl_code() is torch.nn.Module._call_impl.__code__
    assert torch.Tensor.backward.__code__ in adapter.backward_codes()


def test_no_mode_is_active_by_itself() -> None:
    assert adapter.foreign_mode_active(0) is None


def test_default_device_is_no_foreign_mode() -> None:
    with torch.device("cpu"):
        assert adapter.foreign_mode_active(0) is None
        assert adapter.top_function_mode() is not None


def test_function_mode_of_the_program_is_foreign() -> None:
    with torch.overrides.TorchFunctionMode():
        assert adapter.foreign_mode_active(0) == "a TorchFunctionMode"


def test_compiled_module_is_recognised() -> None:
    plain = torch.nn.Sequential(torch.nn.Linear(2, 2))
    assert not adapter.is_compiled(plain)
    assert adapter.is_compiled(torch.compile(plain, backend="eager"))
