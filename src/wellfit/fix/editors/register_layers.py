"""Registers layers and parameters that a module holds in a plain attribute."""

import libcst as cst

from wellfit.fix.blocks import small_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.imports import spell
from wellfit.fix.program import Project
from wellfit.model.rule import Finding

_NESTED = (cst.List, cst.Tuple, cst.Dict, cst.ListComp, cst.DictComp)


@editor("WF401")
def register_layers(finding: Finding, project: Project) -> Draft:
    """`self.layers = [...]` becomes `self.layers = nn.ModuleList([...])`; dicts and parameters likewise."""
    details = finding.fix.details
    program = project.program(finding.fix.place)
    statement = small_at(program, finding.fix.place)
    if not isinstance(statement, (cst.Assign, cst.AnnAssign)) or statement.value is None:
        raise RefusedError("the line assigns nothing")
    value = _given(statement, details.get("attribute", ""))
    _refuse_nested(value)
    wrapper = details.get("wrapper", "nn.ModuleList").removeprefix("nn.")
    spelled, imports = spell(program, "torch.nn", wrapper)
    text = program.whole_source(value)
    text = f"[{text}]" if isinstance(value, cst.Tuple) and not value.lpar else text
    doubt = (
        "a tensor that gradients are taken by may be data, and no parameter"
        if details.get("content") == "Tensor"
        else None
    )
    return Draft((program.change(*program.whole_span(value), f"{spelled}({text})"), *imports), doubt)


def _given(statement: cst.Assign | cst.AnnAssign, attribute: str) -> cst.BaseExpression:
    """What the attribute is given, where it is the only goal of the assignment."""
    targets = [statement.target] if isinstance(statement, cst.AnnAssign) else [t.target for t in statement.targets]
    goal = targets[0]
    if len(targets) != 1 or not isinstance(goal, cst.Attribute) or goal.attr.value != attribute:
        raise RefusedError(f"the line does not assign {attribute or 'the attribute'} alone")
    if statement.value is None:
        raise RefusedError("the line assigns nothing")
    return statement.value


def _refuse_nested(value: cst.BaseExpression) -> None:
    """A ModuleList holds modules, no lists; a ModuleDict takes strings as keys."""
    elements = value.elements if isinstance(value, (cst.List, cst.Tuple, cst.Dict)) else ()
    if any(isinstance(getattr(element, "value", None), _NESTED) for element in elements):
        raise RefusedError("containers stand within the container")
    keys = [element.key for element in elements if isinstance(element, cst.DictElement)]
    if any(isinstance(key, (cst.Integer, cst.Float, cst.Tuple)) for key in keys):
        raise RefusedError("a ModuleDict takes strings as keys")
