"""Which expression of a line is the model that is called there."""

import libcst as cst

from wellfit.fix.calls import calls_at, made_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program, dotted, walk
from wellfit.model.place import Place


def model_text(program: Program, place: Place | None) -> str:
    """`net` of a line with `net(x)`, `self.model` of one with `self.model(x)`.

    The run has seen a module being called on this line; it is what the program calls by a name of its own, neither
    imported nor built in, neither a function nor a class of the file, and no loss of torch.nn.

    Raises:
        RefusedError: there is no such call, or more than one.
    """
    names = dict.fromkeys(name for call in calls_at(program, place) if (name := _called_object(program, call)))
    if len(names) != 1:
        raise RefusedError(
            "which name of the line is the model is not certain" if names else "no model is called by name"
        )
    return next(iter(names))


def _called_object(program: Program, call: cst.Call) -> str | None:
    name = dotted(call.func)
    if name is None or program.imported_name(call.func) is not None or program.is_builtin(call.func):
        return None
    stem, _, last = name.rpartition(".")
    if stem and not stem.startswith("self") and not _is_bound(program, call.func):
        return None
    return None if _is_defined(program, stem, last) or _is_loss(program, call) else name


def _is_loss(program: Program, call: cst.Call) -> bool:
    made = made_of(program, call.func)
    name = program.imported_name(made.func) if made else None
    return name is not None and name.startswith("torch.nn.") and name.endswith("Loss")


def _is_bound(program: Program, target: cst.BaseExpression) -> bool:
    """Whether a chain of names is given a value somewhere, as `trainer.model` is in `trainer.model = net`."""
    return bool(program.assignments(target))


def _is_defined(program: Program, stem: str, last: str) -> bool:
    """Whether a name is a function or a class of this file, or a method of a class of it."""
    definitions = [one for one in walk(program.module) if isinstance(one, (cst.FunctionDef, cst.ClassDef))]
    methods = any(d.name.value == last and _is_method(program, d) for d in definitions)
    return methods if stem else any(d.name.value == last and not _is_method(program, d) for d in definitions)


def _is_method(program: Program, definition: cst.FunctionDef | cst.ClassDef) -> bool:
    owner = program.around(definition, cst.ClassDef)
    return owner is not None
