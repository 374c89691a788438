"""The dropout of a setting: of every layer and call that drops something."""

from collections.abc import Iterator, Mapping

import libcst as cst

from wellfit.fix.arguments import add_argument
from wellfit.fix.calls import argument_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program
from wellfit.fix.settings.literals import number_of, spelled
from wellfit.fix.settings.values import Files, value_change
from wellfit.model.change import Change

_KINDS = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
_CALLS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")

RATES: Mapping[str, tuple[int, str, bool]] = {
    **{f"torch.nn.{name}": (0, "p", True) for name in _KINDS},
    **{f"torch.nn.functional.{name}": (1, "p", True) for name in _CALLS},
    **{f"torch.{name}": (1, "p", True) for name in _CALLS},
    **{f"torch.nn.{name}": (-1, "dropout", False) for name in ("RNN", "LSTM", "GRU")},
    "torch.nn.MultiheadAttention": (2, "dropout", False),
    "torch.nn.TransformerEncoderLayer": (3, "dropout", True),
    "torch.nn.TransformerDecoderLayer": (3, "dropout", True),
    "torch.nn.Transformer": (5, "dropout", True),
    "torch.nn.functional.scaled_dot_product_attention": (4, "dropout_p", False),
}
"""Where each is told its rate: position, name, and whether it drops something where nothing is said."""


def dropout_edit(files: Files, rate: float) -> tuple[Change, ...]:
    """Every dropout that is written in the program and is not turned off by a rate of 0 gets this rate.

    Args:
        files: of the program.
        rate: share of values, in [0, 1).

    Raises:
        RefusedError: there is none, or one whose rate is not written where it could be exchanged.
    """
    found = dict.fromkeys(change for program in files.programs for change in _of_program(files, program, rate))
    if not found:
        raise RefusedError("no dropout is written in the script's own files")
    return tuple(found)


def _of_program(files: Files, program: Program, rate: float) -> Iterator[Change]:
    for call in program.within(program.module, cst.Call):
        told = RATES.get(program.imported_name(call.func) or "")
        if told is None:
            continue
        position, name, is_on = told
        given = argument_of(call, position, name)
        if given is None and is_on:
            yield add_argument(program, call, f"{name}={spelled(rate)}")
        elif given is not None and number_of(given.value) != 0:
            yield value_change(files, program, given.value, rate)
