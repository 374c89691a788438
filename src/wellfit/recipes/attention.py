"""Attention told from structure: torch's own modules, or projections to queries, keys and values of one width."""

from collections import Counter

from torch import Tensor, nn

from wellfit.recipes.code import MIXERS, asks_for_causal, calls

TORCHS = (nn.MultiheadAttention,)


def is_attention(module: nn.Module) -> bool:
    """Whether a module lets positions look at each other by queries, keys and values.

    Args:
        module: any; looked at without its parts' parts.
    """
    if isinstance(module, TORCHS):
        return True
    matrices = [weight for child in module.children() if (weight := matrix_of(child)) is not None]
    if isinstance(module, (nn.Sequential, nn.ModuleList)) or not MIXERS & calls(module):
        return False
    return _has_fused(matrices) or _has_three(matrices)


def matrix_of(module: nn.Module) -> Tensor | None:
    """The matrix that a layer multiplies its input by, also where the layer's class is not torch's."""
    if isinstance(module, (nn.Embedding, nn.EmbeddingBag)) or any(True for _ in module.children()):
        return None
    own = [p for p in module.parameters(recurse=False) if p.dim() == 2]  # noqa: PLR2004  # a matrix
    return own[0] if len(own) == 1 else None


def _has_fused(matrices: list[Tensor]) -> bool:
    """One layer of three times the width (queries, keys and values in one) and one that keeps the width after it."""
    squares = {m.shape[0] for m in matrices if m.shape[0] == m.shape[1]}
    return any(max(m.shape) == 3 * min(m.shape) and min(m.shape) in squares for m in matrices)


def _has_three(matrices: list[Tensor]) -> bool:
    """Three alike, or queries and two alike narrower ones, all from one width."""
    alike = Counter(tuple(m.shape) for m in matrices)
    if max(alike.values(), default=0) >= 3:  # noqa: PLR2004  # queries, keys, values
        return True
    pairs = [shape for shape, times in alike.items() if times == 2]  # noqa: PLR2004  # keys and values of grouped heads
    return any(_has_wider(matrices, shape) for shape in pairs)


def _has_wider(matrices: list[Tensor], shape: tuple[int, ...]) -> bool:
    """Queries wider than keys and values, and a layer after them."""
    wider = [m for m in matrices if m.shape[1] == shape[1] and m.shape[0] > shape[0]]
    return bool(wider) and len(matrices) >= 4  # noqa: PLR2004  # queries, keys, values, output


def is_causal(model: nn.Module) -> str:
    """The evidence that attention looks back only, or an empty text."""
    generates = getattr(model, "can_generate", None)
    if type(model).__module__.startswith("transformers.") and callable(generates) and generates() is True:
        return "a model of transformers that can generate"
    for module in model.modules():
        if any(_is_triangle(buffer) for buffer in module.buffers(recurse=False)):
            return "a triangular mask among the buffers"
        if getattr(module, "is_causal", False) is True and is_attention(module):
            return "attention modules that say they are causal"
        if asks_for_causal(module):
            return "a causal mask made in forward"
    return ""


def _is_triangle(buffer: Tensor) -> bool:
    """A square that is split along its diagonal: 1 below and 0 above, or the other way round, or -inf above."""
    if buffer.dim() < 2 or buffer.shape[-1] != buffer.shape[-2] or buffer.shape[-1] < 2 or buffer.is_meta:  # noqa: PLR2004
        return False
    square = buffer.reshape(-1, *buffer.shape[-2:])[0]
    marked = square.isinf() if square.is_floating_point() and square.isinf().any() else square.bool()
    everywhere = marked.new_ones(marked.shape)
    return any(marked.equal(half) for half in (everywhere.tril(), everywhere.triu(1)))
