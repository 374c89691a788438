"""The augmentation of a setting: around the images that a model is called with where it is trained."""

from collections.abc import Iterator, Sequence

import libcst as cst

from wellfit.fix.calls import calls_at, made_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, dotted, same
from wellfit.fix.settings.callers import bindings
from wellfit.fix.settings.literals import spelled
from wellfit.fix.settings.values import Files
from wellfit.model.change import Change
from wellfit.model.place import CallSite

FUNCTION = "shift_and_noise"

GRADIENTS_OFF = ("torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad", "torch.autograd.inference_mode")


def augment_edit(files: Files, sites: Sequence[CallSite], strength: float, *, elsewhere: bool) -> tuple[Change, ...]:
    """`model(images)` becomes `model(wellfit.vision.shift_and_noise(images, 0.3, training=model.training))`.

    Args:
        files: of the program.
        sites: calls of models with the images that they are trained on, as a run has told.
        strength: in [0, 1].
        elsewhere: whether a library calls them, too.

    Raises:
        RefusedError: such a call is not written in the script's own files, or not in a way that can be changed.
    """
    if elsewhere:
        raise RefusedError("a library calls the model with its images, and no line of the script does")
    if not sites:
        raise RefusedError("the study does not say which lines call the model with its images")
    found = [(program := files.project.program(site.place), _find_call(program, site)) for site in sites]
    others = [(program, other) for program, call in found for other in _alike(program, call)]
    return tuple(dict.fromkeys(c for program, call in (*found, *others) for c in _of_call(program, call, strength)))


def _alike(program: Program, call: cst.Call) -> Iterator[cst.Call]:
    """Calls of the same model, with gradients, where a backward pass follows: short runs do not come to all of them."""
    bound = [id(node) for node in bindings(program, call.func)] if dotted(call.func) else []
    for other in program.within(program.module, cst.Call):
        if bound and same(other.func, call.func) and [id(node) for node in bindings(program, other.func)] == bound:
            around = _block(program, other)
            calls = program.within(around, cst.Call)
            trains = any(_is_backward(one) and _block(program, one) is around for one in calls)
            if trains and not _is_without_gradients(program, other):
                yield other


def _block(program: Program, node: cst.CSTNode) -> cst.CSTNode:
    """The innermost loop or function around a node."""
    kinds = (cst.For, cst.While, cst.FunctionDef)
    return next((above for above in program.ancestors(node) if isinstance(above, kinds)), program.module)


def _is_backward(call: cst.Call) -> bool:
    """Whether a call is of something's `backward`."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "backward"


def _is_without_gradients(program: Program, call: cst.Call) -> bool:
    """Whether it stands in `with torch.no_grad():` or `with torch.inference_mode():`."""
    withs = [above for above in program.ancestors(call) if isinstance(above, cst.With)]
    items = [item.item.func for one in withs for item in one.items if isinstance(item.item, cst.Call)]
    return any(program.imported_name(item) in GRADIENTS_OFF for item in items)


def _of_call(program: Program, call: cst.Call, strength: float) -> Iterator[Change]:
    if program.within(call.func, cst.Call):
        raise RefusedError(f"the model is not called by a name but as `{program.source(call.func)}`")
    given = call.args[0] if call.args else None
    if given is None or given.star or given.keyword is not None:
        raise RefusedError("the images are not written as the first argument of the model")
    name, imports = spell(program, "wellfit.vision", FUNCTION)
    start, end = program.whole_span(given.value)
    yield program.change(start, start, f"{name}(")
    yield program.change(end, end, f", {spelled(strength)}, training={program.source(call.func)}.training)")
    yield from imports


def _find_call(program: Program, site: CallSite) -> cst.Call:
    """The call at which a model was met.

    Raises:
        RefusedError: the text has none there, or leaves open which it is.
    """
    calls = calls_at(program, site.place)
    if site.end_line is not None and site.end_column is not None:
        found = [call for call in calls if _end_of(program, call) == (site.end_line, site.end_column)]
    else:
        found = [call for call in calls if _may_be_model(program, call)]
    if len(found) != 1:
        raise RefusedError("which call on this line is that of the model is not certain")
    return found[0]


def _end_of(program: Program, call: cst.Call) -> tuple[int, int]:
    """Line and column behind its closing bracket, in bytes as Python counts them."""
    line = program.lines(call)[-1]
    _, end = program.span(call)
    return line, len(program.text[program.line_start(line) : end].encode())


def _may_be_model(program: Program, call: cst.Call) -> bool:
    """Whether a call may be of a module with weights, as far as its text shows: of no import, no loss, no builtin."""
    made = made_of(program, call.func)
    is_loss = made is not None and (program.imported_name(made.func) or "").endswith("Loss")
    is_known = program.imported_name(call.func) is not None or program.is_builtin(call.func)
    return bool(call.args) and not (is_known or is_loss)
