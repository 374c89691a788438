"""The one table of torch's private names, and how each is reached in torch 2.4 and later.

Whatever here is missing in some torch version turns its own seam off and nothing else; `tests/observe`
holds every entry against the installed torch.
"""

import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.utils._device import DeviceContext
from torch.utils._python_dispatch import TorchDispatchMode

LOSS_FUNCTIONS: dict[str, str] = {
    "cross_entropy_loss": "cross_entropy",
    "nll_loss_nd": "nll_loss",
    "binary_cross_entropy": "binary_cross_entropy",
    "mse_loss": "mse_loss",
    "l1_loss": "l1_loss",
    "smooth_l1_loss": "smooth_l1_loss",
    "huber_loss": "huber_loss",
}
"""Attributes of `torch._C._nn` that `torch.nn.functional` reads at the call, by the public function's name."""

SAVING_LOSS_NODES = ("BinaryCrossEntropyWithLogitsBackward0", "KlDivBackward0")
"""Loss nodes that keep their own input and target, and that a direct call of `torch.NAME` reaches past every seam."""

REDUCED_LOSSES = frozenset(
    {
        "binary_cross_entropy_with_logits",
        "kl_div",
        "poisson_nll_loss",
        "soft_margin_loss",
        "hinge_embedding_loss",
    }
)
"""Functions of `torch.nn.functional` whose kernel no seam reaches; each reads `get_enum` of `torch.nn._reduction`."""

LOSS_NODES: dict[str, str] = {
    "NllLossBackward0": "nll_loss",
    "NllLoss2DBackward0": "nll_loss",
    "BinaryCrossEntropyBackward0": "binary_cross_entropy",
    "BinaryCrossEntropyWithLogitsBackward0": "binary_cross_entropy_with_logits",
    "MseLossBackward0": "mse_loss",
    "SmoothL1LossBackward0": "smooth_l1_loss",
    "HuberLossBackward0": "huber_loss",
    "KlDivBackward0": "kl_div",
}
"""Backward nodes of loss functions; those that no seam sees are read from the graph."""

SHAPE_NODES = frozenset(
    {
        "ViewBackward0",
        "UnsafeViewBackward0",
        "ReshapeAliasBackward0",
        "SqueezeBackward0",
        "SqueezeBackward1",
        "SqueezeBackward2",
        "UnsqueezeBackward0",
        "TBackward0",
        "TransposeBackward0",
        "PermuteBackward0",
        "SliceBackward0",
        "SelectBackward0",
        "IndexBackward0",
        "IndexSelectBackward0",
        "GatherBackward0",
        "AliasBackward0",
        "CloneBackward0",
        "ToCopyBackward0",
        "ExpandBackward0",
        "ContiguousBackward0",
        "SplitBackward0",
        "UnbindBackward0",
        "AsStridedBackward0",
        "NativeDropoutBackward0",
    }
)
"""Nodes that only move, copy, cast or drop values: what is true of a row before is true after, up to shape."""

JOIN_NODES = frozenset({"CatBackward0", "StackBackward0", "MaskedFillBackward0", "MaskedFillBackward1"})
"""Nodes that put values beside each other, or put a constant in the place of some."""

COMPILED_NODE = "CompiledFunctionBackward"
"""Name of the one node that stands for a region which torch.compile made."""

ELEMENTWISE_NODES: dict[str, str] = {
    "SubBackward0": "sub",
    "RsubBackward0": "rsub",
    "MulBackward0": "mul",
    "DivBackward0": "div",
    "AddBackward0": "add",
}
"""Nodes of operations on two tensors that broadcast."""

SOFTMAX_NODES = {"SoftmaxBackward0": "softmax", "LogSoftmaxBackward0": "log_softmax", "SigmoidBackward0": "sigmoid"}

LINEAR_NODES = frozenset(
    {"AddmmBackward0", "MmBackward0", "MvBackward0", "BmmBackward0", "LinearBackward0", "ConvolutionBackward0"}
)
"""Nodes of linear layers and convolutions."""

ACTIVATION_NODES = {
    **SOFTMAX_NODES,
    "LogSigmoidBackward0": "logsigmoid",
    "ClampBackward0": "clamp",
    "ClampBackward1": "clamp",
    "ClampMinBackward0": "clamp",
    "ReluBackward0": "relu",
    "TanhBackward0": "tanh",
}
"""Backward nodes of operations that shape what a loss is handed, by the name that a user knows."""


def module_call_codes() -> frozenset[CodeType]:
    """Code of the functions between a module's caller and its forward."""
    return frozenset({torch.nn.Module._call_impl.__code__, torch.nn.Module._wrapped_call_impl.__code__})


ACTIVATION_MODULES = (torch.nn.Softmax, torch.nn.Softmax2d, torch.nn.LogSoftmax, torch.nn.Sigmoid)
"""Modules that a Sequential may end in and a loss may not want."""


def activation_forwards() -> frozenset[CodeType]:
    """Code of their forwards."""
    return frozenset(kind.forward.__code__ for kind in ACTIVATION_MODULES)


def reduction_module() -> ModuleType:
    """Where the loss functions turn "mean" into its number."""
    from torch.nn import _reduction

    return _reduction


def call_impl_code() -> CodeType:
    """Code of the function around every forward."""
    code: CodeType = torch.nn.Module._call_impl.__code__
    return code


def has_hooks_besides(module: torch.nn.Module) -> bool:
    """Whether a call of this module meets hooks other than global ones before its forward.

    With any of them `_call_impl` asks for the global ones before forward once, from its inner function; with none it
    asks twice where there are some.
    """
    from torch.nn.modules import module as room

    return bool(
        module._backward_hooks
        or module._backward_pre_hooks
        or module._forward_hooks
        or module._forward_pre_hooks
        or room._global_backward_pre_hooks
        or room._global_backward_hooks
        or room._global_forward_hooks
    )


def wrapped_call_code() -> CodeType:
    """Code of the function between a module's caller and the one around its forward; it holds what was handed in."""
    code: CodeType = torch.nn.Module._wrapped_call_impl.__code__
    return code


FAST_PATH_MODULES = (torch.nn.MultiheadAttention, torch.nn.TransformerEncoderLayer, torch.nn.TransformerEncoder)
"""Modules whose evaluation takes another path, with other rounding, where no torch mode is active."""


def forward_is_running(module: torch.nn.Module | None) -> bool:
    """Whether the caller runs below a call of this module."""
    frame: FrameType | None = sys._getframe(1)
    code = call_impl_code()
    while frame is not None:
        if frame.f_code is code and frame.f_locals.get("self") is module:
            return True
        frame = frame.f_back
    return False


def optimizer_is_stepping(frame: FrameType | None) -> bool:
    """Whether a frame runs below the step of an optimizer, as closures do."""
    while frame is not None:
        if frame.f_code is _STEP:
            return True
        frame = frame.f_back
    return False


_STEP = torch.optim.Optimizer.profile_hook_step(lambda: None).__code__
"""Code of the function that torch puts around every optimizer's step."""


def mode_codes() -> tuple[CodeType, CodeType]:
    """Code of the functions that set a module's mode and look themselves up on its children."""
    return torch.nn.Module.train.__code__, torch.nn.Module.eval.__code__


def engine_code() -> CodeType:
    """Code of the function that asks the engine to run; its frame holds the roots as `t_outputs`."""
    from torch.autograd import graph

    code: CodeType = graph._engine_run_backward.__code__
    return code


def backward_codes() -> frozenset[CodeType]:
    """Code of the functions below which a module call is a recomputation, not a call of the user's loop."""
    functions = [torch.Tensor.backward, torch.autograd.backward, torch.autograd.grad]
    return frozenset([engine_code(), *(f.__code__ for f in functions)])


def node_shape(node: Any) -> tuple[int, ...] | None:
    """Shape of the tensor that a node produced."""
    try:
        return tuple(int(n) for n in node._input_metadata[0].shape)
    except (AttributeError, IndexError, TypeError, RuntimeError):
        return None


def output_shape(node: Any, index: int) -> tuple[int, ...] | None:
    """Shape of one of the outputs of the operation behind a node."""
    try:
        return tuple(int(n) for n in node._input_metadata[index].shape)
    except (AttributeError, IndexError, TypeError, RuntimeError):
        return None


def saved(node: Any, name: str) -> Any:
    """What a node keeps for backward under `_saved_NAME`; None once freed, or where the node has no such name."""
    try:
        return getattr(node, f"_saved_{name}", None)
    except RuntimeError:
        return None


def saved_dim(node: Any) -> int | None:
    """The dimension that a reduction node works on, as torch keeps it: unsigned, so wrapped when negative."""
    dim = saved(node, "dim")
    if not isinstance(dim, int):
        return None
    return dim - 2**64 if dim >= 2**63 else dim


def leaf_variable(node: Any) -> Tensor | None:
    """The leaf tensor that a node adds gradients to, or None for any other node."""
    variable = getattr(node, "variable", None)
    return variable if isinstance(variable, Tensor) else None


def next_nodes(node: Any) -> Iterator[Any]:
    """The nodes that gradients flow to from here, without the empty places."""
    return (n for n, _ in node.next_functions if n is not None)


def sequence_number(node: Any) -> int:
    """Rises with the order in which operations ran in one thread; -1 where torch keeps none."""
    reader: Callable[[], int] | None = getattr(node, "_sequence_nr", None)
    return -1 if reader is None else int(reader())


def function_mode_depth() -> int:
    """How many TorchFunctionModes are active."""
    return int(torch._C._len_torch_function_stack())


_function_transform: Callable[[], Any] = getattr(torch._C._functorch, "peek_interpreter_stack", lambda: None)
"""The innermost of vmap, grad and their kin that is running, or None: values within are wrapped and unreadable."""


DispatchMode: Any = TorchDispatchMode
"""Base of modes that see each operation below autograd; private by the name of its module alone."""

tracing_state: Callable[[], Any] = torch._C._get_tracing_state
"""What torch.jit.trace is recording, or None: every operation of ours would become part of the program."""


_function_modes: Callable[[], int] = torch._C._len_torch_function_stack
_dispatch_modes: Callable[[], int] = torch._C._len_torch_dispatch_stack
_dispatch_mode_at: Callable[[int], Any] = torch._C._get_dispatch_stack_at
_profiling: Callable[[], bool] = torch.autograd._profiler_enabled  # type: ignore[attr-defined]


def foreign_mode_active(own_modes: int) -> str | None:
    """What of the user's would see tensor operations of ours, or None.

    A default device is a function mode of torch's own, which only chooses where new tensors go.
    """
    depth = _function_modes()
    if depth > own_modes:
        modes = (torch._C._get_function_stack_at(i) for i in range(depth))
        if sum(not isinstance(mode, DeviceContext) for mode in modes) > own_modes:
            return "a TorchFunctionMode"
    if any(not getattr(_dispatch_mode_at(i), "is_of_the_observer", False) for i in range(_dispatch_modes())):
        return "a TorchDispatchMode"
    if _profiling():
        return "the profiler"
    if _function_transform() is not None:
        return "a torch.func transform"
    if tracing_state() is not None:
        return "torch.jit.trace"
    return None


def modes_are_lasting() -> bool:
    """Whether no `with` block of the program's own holds a mode; its end would take ours off the stack instead.

    A default device that was set for good lies below everything and stays there.
    """
    depth = torch._C._len_torch_function_stack()
    default = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)
    return depth == 0 or (depth == 1 and torch._C._get_function_stack_at(0) is default)


def top_function_mode() -> Any:
    """The innermost active TorchFunctionMode, or None."""
    depth = torch._C._len_torch_function_stack()
    return torch._C._get_function_stack_at(depth - 1) if depth else None


def is_compiled(module: torch.nn.Module) -> bool:
    """Whether a module, or one below it, runs through torch.compile."""
    return any(
        m._compiled_call_impl is not None or type(m).__module__.startswith("torch._dynamo") for m in module.modules()
    )


CPU_ALLOCATION_FAILURES = (
    "can't allocate memory",
    "not enough memory: you tried to allocate",
    "std::bad_alloc",
    "could not create a primitive",  # oneDNN, whose scratch memory was refused
)
"""What the texts of torch's CPU allocators hold where memory was refused; they have no class of their own."""


def fake_memory_tools() -> tuple[Any, Any, Any] | None:
    """FakeTensorMode, the mode in which a deep copy is one of fake tensors, and the tracker of memory by dispatch.

    None where this torch lacks one of them.
    """
    try:
        from torch._subclasses import fake_tensor
        from torch.distributed._tools.mem_tracker import MemTracker
    except ImportError:  # a build without distributed
        return None
    copying = getattr(fake_tensor, "FakeCopyMode", None)
    return None if copying is None else (fake_tensor.FakeTensorMode, copying, MemTracker)
