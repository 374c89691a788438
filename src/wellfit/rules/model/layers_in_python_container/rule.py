"""Layers stand in a plain Python container, so the optimizer never gets them.

## Why it hurts
A module registers layers and parameters that are assigned to its attributes themselves. Inside a list, a tuple or a
dict, or as a tensor that is no `nn.Parameter` (any more), they are missing from `parameters()` and `state_dict()`,
do not follow `.to(device)`, and keep their random start.

## How it is seen
In several sampled steps the loss reaches leaf tensors that no called module lists and no optimizer holds, and whose
values stay as they are. The attribute that holds them is found by looking through the modules' plain attributes;
its line is the assignment in the class.

## What it cannot see
Layers that the loss does not reach; containers that no called module holds.

## Fix
`nn.ModuleList`, `nn.ModuleDict`, `nn.ParameterList`; for a tensor `nn.Parameter(...)` as the last thing done to it.

## Sources
PyTorch documentation, `torch.nn.ModuleList`: modules it contains are properly registered.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.reach import Unregistered
from wellfit.model.facts.reach import ReachedLeaves
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_LOOKS = 3  # sampled steps in which the loss reached them and nobody updated them

_WRAPPERS = {"dict": "nn.ModuleDict", "OrderedDict": "nn.ModuleDict", "defaultdict": "nn.ModuleDict"}


@rule("WF401", "layers-in-python-container", severity="error", since="0.1")
def layers_in_python_container(reached: ReachedLeaves) -> Answers:
    """Judge each attribute that holds leaf tensors nobody lists."""
    last = reached.last
    if last.looks < MIN_LOOKS:
        yield Unseen(f"only {last.looks} sampled steps")
        return
    for held in last.unregistered:
        if held.looks >= MIN_LOOKS and not held.changed and not held.set_aside:
            yield _find(held)


def _find(held: Unregistered) -> Finding:
    what = f"{held.owner}.{held.attribute}"
    several = "s" if held.parameters > 1 else ""
    return Finding(
        where=held.place,
        saw=f"{what}, a plain {held.container}, holds {held.parameters} tensor{several} ({held.elements} numbers) that"
        f" the loss reached in {held.looks} sampled steps; parameters() lists none of them, no optimizer holds them,"
        " and their values never changed",
        why="what a plain container holds is not registered, so it keeps its random start",
        fix=Fix(
            _cure(held), held.place, {"attribute": held.attribute, "content": held.content, "wrapper": _wrapper(held)}
        ),
        severity="note" if held.content == "Tensor" else None,  # may be data that gradients are taken by
        count=held.looks,
        cure=_register(held),
    )


def _register(held: Unregistered) -> Cure:
    if held.place is None:  # the layers cannot be caught on their way in
        return Cure("hold_parameters", None, {"unregistered": True})
    return Cure("register_layers", held.place, {"content": held.content})


def _cure(held: Unregistered) -> str:
    if _wrapper(held) == "nn.Parameter":
        return f"assign {held.attribute} as nn.Parameter(...), with nothing done to it afterwards"
    return f"make {held.attribute} an {_wrapper(held)}"


def _wrapper(held: Unregistered) -> str:
    """What the attribute must be made of for its tensors to be registered."""
    plain = held.content in ("Parameter", "Tensor", "")
    if plain and held.container in ("Tensor", "Parameter"):
        return "nn.Parameter"
    if plain:
        return "nn.ParameterDict" if held.container in _WRAPPERS else "nn.ParameterList"
    return _WRAPPERS.get(held.container, "nn.ModuleList")
