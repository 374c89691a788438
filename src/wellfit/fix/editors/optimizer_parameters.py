"""Hands the optimizer the parameters that are trained."""

import libcst as cst

from wellfit.fix.blocks import line_of, put_after, siblings
from wellfit.fix.calls import argument_of, find_optimizer
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project, dotted
from wellfit.model.change import Change
from wellfit.model.rule import Finding


@editor("WF301")
def all_parameters(finding: Finding, project: Project) -> Draft:
    """`Adam(net.head.parameters())` gets `net.parameters()`; an optimizer with groups gets the missing layers added."""
    details = finding.fix.details
    doubt = "these weights came from a checkpoint, and may be meant to stay" if details.get("loaded") else None
    program = project.program(finding.where)
    call = find_optimizer(program, finding.where)
    given = argument_of(call, 0, "params")
    if given is None:
        raise RefusedError("the optimizer is given no parameters on this line")
    parts = _parts(program, given.value)
    root = _root(parts, tuple(details.get("names", ())))
    if root is not None:
        return Draft((program.replaced(given.value, f"{root}.parameters()"),), doubt)
    return Draft(_added(program, call, given.value, tuple(details.get("names", ()))), doubt)


def _parts(program: Program, value: cst.BaseExpression) -> list[str]:
    """`net.stem` and `net.head` of `[*net.stem.parameters(), *net.head.parameters()]`; empty for anything else."""
    if isinstance(value, (cst.List, cst.Tuple)):
        stars = [element for element in value.elements if isinstance(element, cst.StarredElement)]
        found = [part for star in stars for part in _parts(program, star.value)]
        return found if len(found) == len(value.elements) else []
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
        sides = _parts(program, value.left), _parts(program, value.right)
        return [*sides[0], *sides[1]] if all(sides) else []
    if not isinstance(value, cst.Call):
        return []
    if program.is_builtin(value.func) and len(value.args) == 1:  # list(net.head.parameters())
        return _parts(program, value.args[0].value)
    is_parameters = isinstance(value.func, cst.Attribute) and value.func.attr.value == "parameters" and not value.args
    name = dotted(value.func.value) if is_parameters and isinstance(value.func, cst.Attribute) else None
    return [name] if name else []


def _root(parts: list[str], missing: tuple[str, ...]) -> str | None:
    """The model whose parts are handed over: what stands before the first name that is not missing."""
    roots = {part.rpartition(".")[0] for part in parts}
    tops = {name.partition(".")[0] for name in missing}
    if len(roots) != 1 or not tops or any(part.rpartition(".")[2] in tops for part in parts):
        return None
    return roots.pop() or None


def _added(program: Program, call: cst.Call, value: cst.BaseExpression, missing: tuple[str, ...]) -> tuple[Change, ...]:
    """`optimizer.add_param_group(...)` behind the constructor, for each layer that is missing."""
    statement = program.around(call, cst.Assign)
    models = [argument.value for argument in value.args] if isinstance(value, cst.Call) else []
    model = dotted(models[0]) if len(models) == 1 and not program.is_builtin(value) else None
    if statement is None or statement.value is not call or model is None:
        raise RefusedError("which expression is the model that the parameters belong to is not written on this line")
    optimizer = dotted(statement.targets[0].target)
    layers = dict.fromkeys(name.partition(".")[0] for name in missing)
    if optimizer is None or not layers or any(layer.isdigit() for layer in layers):
        raise RefusedError("the missing layers have no names that could be written")
    line = line_of(program, statement)
    siblings(program, line)
    return tuple(
        put_after(program, line, f'{optimizer}.add_param_group({{"params": {model}.{layer}.parameters()}})')
        for layer in layers
    )


@editor("WF304", doubt="layers that are frozen now may be meant to be trained later")
def only_what_trains(finding: Finding, project: Project) -> Draft:
    """`net.parameters()` becomes `[p for p in net.parameters() if p.requires_grad]`."""
    if not finding.fix.details.get("all_frozen"):
        raise RefusedError("whether to use these layers or to take them away is for the program's author to say")
    program = project.program(finding.where)
    given = argument_of(find_optimizer(program, finding.where), 0, "params")
    if given is None or not _parts(program, given.value):
        raise RefusedError("the parameters are not handed over as parameters() of a module")
    text = program.source(given.value)
    return Draft((program.replaced(given.value, f"[p for p in {text} if p.requires_grad]"),))
