"""Tells a recurrent or attention layer in which dimension the samples lie."""

import libcst as cst

from wellfit.fix.arguments import set_argument, without_argument
from wellfit.fix.calls import argument_of, calls_at, made_of
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project
from wellfit.model.rule import Finding

_LAYERS = {
    "LSTM": ("LSTM",),
    "GRU": ("GRU",),
    "RNN": ("RNN",),
    "MultiheadAttention": (
        "MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer",
        "TransformerEncoder", "TransformerDecoder",
    ),
}  # fmt: skip
"""Classes of torch.nn that may run the layer that mixed the samples."""
_STACKS = ("torch.nn.TransformerEncoder", "torch.nn.TransformerDecoder")
"""Of these the layer that they repeat has the setting."""


@editor("WF405")
def batch_first(finding: Finding, project: Project) -> Draft:
    """The layer that is called on the line gets `batch_first=True` where it is made, or loses it."""
    program = project.program(finding.where)
    classes = _LAYERS.get(finding.fix.details.get("layer", ""), ())
    names = {f"torch.nn.{name}" for name in classes}
    made = [one for call in calls_at(program, finding.where) if (one := _maker(program, call, names))]
    made = list(dict.fromkeys(made))
    if len(made) != 1:
        raise RefusedError(
            "several such layers are called on this line" if made else "where the layer is made is not known"
        )
    call = made[0]
    if finding.fix.details.get("batch_first", True):
        return Draft((set_argument(program, call, "batch_first", "True", position=-1),))
    given = argument_of(call, -1, "batch_first")
    if given is None:
        raise RefusedError("the layer is made without batch_first")
    return Draft((without_argument(program, call, given),))


def _maker(program: Program, call: cst.Call, names: set[str]) -> cst.Call | None:
    """The constructor of the layer behind `self.rows(x)`; of a stack, that of the layer which it repeats."""
    made = made_of(program, call.func)
    name = program.imported_name(made.func) if made else None
    if made is None or name not in names:
        return None
    if name not in _STACKS:
        return made
    layer = argument_of(made, 0, "encoder_layer" if name.endswith("Encoder") else "decoder_layer")
    if layer is None:
        return None
    return layer.value if isinstance(layer.value, cst.Call) else made_of(program, layer.value)
