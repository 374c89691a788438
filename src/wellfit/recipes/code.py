"""What a module's own forward does, read from its compiled code: calls of torch by name, operators, constants.

Names of the user's classes, variables and arguments decide nothing here; names of torch's functions may.
"""

import dis
import inspect
from functools import cache
from types import CodeType

from torch import nn

MIXERS = {"softmax", "scaled_dot_product_attention", "matmul", "bmm", "einsum", "transpose", "permute", "swapaxes", "@"}
"""Calls that a forward needs to let positions look at each other."""

SCATTERS = {"index_add", "index_add_", "scatter_add", "scatter_add_", "scatter_reduce", "scatter_reduce_", "propagate"}
"""Calls that send messages along edges."""

PRODUCTS = {"@", "matmul", "mm", "spmm", "bmm", "sparse"}
"""Calls that multiply by an adjacency matrix."""

TRIANGLES = {"tril", "triu", "generate_square_subsequent_mask", "tril_indices", "triu_indices"}
"""Calls that make a causal mask."""


def forward_code(module: nn.Module) -> CodeType | None:
    """The code of a module's forward, or None where it is not written in Python."""
    function = getattr(type(module), "forward", None)
    return getattr(inspect.unwrap(function), "__code__", None) if function else None


def is_from_torch(module: nn.Module) -> bool:
    """Whether the module's class is torch's own."""
    return type(module).__module__.startswith("torch.nn")


def calls(module: nn.Module) -> frozenset[str]:
    """Names that the module's own forward looks up, and "@" where it multiplies matrices; empty for torch's classes."""
    code = None if is_from_torch(module) else forward_code(module)
    return frozenset() if code is None else _calls_in(code)


@cache  # a deep model has a few classes and many modules of each
def _calls_in(code: CodeType) -> frozenset[str]:
    operators = {"@" for line in dis.get_instructions(code) if _is_product(line)}
    return frozenset({*code.co_names, *operators})


def _is_product(line: dis.Instruction) -> bool:
    return line.opname in {"BINARY_MATRIX_MULTIPLY", "INPLACE_MATRIX_MULTIPLY"} or line.argrepr in {"@", "@="}


def asks_for_causal(module: nn.Module) -> bool:
    """Whether the forward makes a triangle, or passes `is_causal=True` to torch's attention."""
    code = None if is_from_torch(module) else forward_code(module)
    if code is None:
        return False
    keywords = {word for constant in code.co_consts if isinstance(constant, tuple) for word in constant}
    passes = "is_causal" in keywords and any(constant is True for constant in code.co_consts)
    return passes or bool(TRIANGLES & set(code.co_names))


def required_inputs(model: nn.Module) -> int:
    """How many tensors the model's forward cannot do without."""
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in kinds and p.default is inspect.Parameter.empty for p in parameters)


def input_names(model: nn.Module) -> tuple[str, ...]:
    """The names of the forward's arguments; `edge_index` is a word of PyG's interface."""
    try:
        return tuple(inspect.signature(model.forward).parameters)
    except (TypeError, ValueError):
        return ()
