"""Which family a model belongs to, told from its structure, with the evidence in words."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn
from torch.nn.parameter import is_lazy

from wellfit.recipes.attention import is_causal
from wellfit.recipes.code import PRODUCTS, SCATTERS
from wellfit.recipes.structure import Structure, is_patch


@dataclass(frozen=True, slots=True)
class Detection:
    """What a model was taken for.

    Args:
        family: as recipes name it; "unknown" where nothing fits.
        evidence: what was counted and seen, in words.
        structure: of the model.
    """

    family: str
    evidence: tuple[str, ...]
    structure: Structure

    def __str__(self) -> str:
        return f"{self.family}: {', '.join(self.evidence)}"


def detect(model: nn.Module) -> Detection:
    """Tell a model's family from its modules, its shapes and what its forward calls; never from names in its code.

    Two networks that play against each other cannot be told from one of them, so a GAN is never detected.

    Args:
        model: any module; it is not run.

    Returns:
        The family, "unknown" where none fits, and the evidence.

    Raises:
        ValueError: parameters of lazy modules have no shape yet.

    Example:
        >>> from torch import nn
        >>> str(detect(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))))
        'mlp: 2 linear layers, no attention, linear layers alone'
    """
    if any(is_lazy(p) for p in model.parameters()):
        raise ValueError("model must have run once: some of its parameters have no shape yet")
    structure = Structure(unwrapped(model))
    for look in _LOOKS:
        found = look(structure)
        if found:
            family, why = found
            return Detection(family, (*structure.shown(), why), structure)
    return Detection("unknown", (*structure.shown(), "no family fits"), structure)


def unwrapped(model: nn.Module) -> nn.Module:
    """The user's own module inside torch's compiler and its data parallelism, whose forwards say nothing of inputs."""
    wrappers = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    inner = model.module if isinstance(model, wrappers) else getattr(model, "_orig_mod", None)  # torch.compile's name
    return unwrapped(inner) if isinstance(inner, nn.Module) else model


Found = tuple[str, str] | None


def _graph(s: Structure) -> Found:
    if any("MessagePassing" in {base.__name__ for base in type(m).__mro__} for m in s.modules):
        return "gnn", "message passing"
    if s.inputs < 2 or s.convs or s.attentions or s.recurrent:  # noqa: PLR2004  # features and edges
        return None
    if "edge_index" in s.input_names or SCATTERS & s.calls:
        return "gnn", "forward takes features and edges and sends messages along them"
    if PRODUCTS & s.calls and s.linears:
        return "gnn", "forward multiplies by its second input, as by an adjacency matrix"
    return None


def _diffusion(s: Structure) -> Found:
    if s.inputs < 2 or not s.convs:  # noqa: PLR2004  # the image and the time step
        return None
    steered = sum(isinstance(m, nn.LayerNorm) and not m.elementwise_affine for m in s.modules)
    if s.attentions and steered > 1 and any(is_patch(c) for c in s.convs):
        return "dit", f"patches, a second input, and {steered} norms without gains of their own"
    same = s.convs[-1].out_channels in {s.convs[0].in_channels, 2 * s.convs[0].in_channels}
    if s.shrinks_and_grows and same and s.linears:
        return "diffusion", "a U-Net that answers with as many channels as it is given, and takes a second input"
    return None


def _transformer(s: Structure) -> Found:
    if not s.attentions or (s.images and not s.tables):
        return None
    if any(is_patch(c) for c in s.convs) and not s.tables:
        return "vit", "attention over patches"
    if not s.tables and s.feature_tables:
        return "ft-transformer", "attention over tokens made of a table's columns, each by a matrix row of its own"
    return _tokens(s)


def _tokens(s: Structure) -> Found:
    both = any(isinstance(m, nn.TransformerDecoderLayer) for m in s.modules)
    config = getattr(s.model, "config", None)
    if (both and any(isinstance(m, nn.TransformerEncoderLayer) for m in s.modules)) or (
        getattr(config, "is_encoder_decoder", False) is True
    ):
        return "seq2seq", "an encoder and a decoder"
    causal = is_causal(s.model)
    if causal and s.tables:
        return "decoder", f"attention over an embedding, {causal}" + (", head tied to it" if s.is_tied else "")
    why = f"attention over {'an embedding' if s.tables else 'real vectors'}, no causal mask in buffers or code"
    if s.tables and s.vocabulary_head:
        why += ", one answer for each row of the embedding (with a mask from outside, say family='decoder')"
    return "encoder", why


def _mixed_attention(s: Structure) -> Found:
    if not s.attentions or not s.images:
        return None
    why = "convolutions that look around, and attention"
    if all(isinstance(c, nn.Conv1d) for c in s.convs):
        return "encoder", why
    return ("vit" if s.other_norms > s.batch_norms else "cnn"), why


def _recurrent(s: Structure) -> Found:
    if not s.recurrent:
        return None
    return "rnn", "recurrent layers" + (", one answer for each row of the embedding" if s.vocabulary_head else "")


def _patches_without_attention(s: Structure) -> Found:
    if len(s.linears) < 4 or not s.convs or s.images or not all(is_patch(c) for c in s.convs):  # noqa: PLR2004
        return None
    return "vit", "patches, linear layers across them and no attention, as in an MLP-Mixer, which trains as a ViT does"


def _convolutional(s: Structure) -> Found:
    if not s.convs:
        return None
    return "cnn", "convolutions with batch norm" if s.batch_norms else "convolutions without batch norm"


def _linear(s: Structure) -> Found:
    if not s.linears:
        return None
    return "mlp", "embedding tables and linear layers alone" if s.tables else "linear layers alone"


_LOOKS: tuple[Callable[[Structure], Found], ...] = (
    _graph,
    _diffusion,
    _transformer,
    _mixed_attention,
    _recurrent,
    _patches_without_attention,
    _convolutional,
    _linear,
)
"""In this order: the first that fits decides."""
