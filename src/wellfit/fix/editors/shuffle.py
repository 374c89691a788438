"""Shuffles the training's DataLoader."""

import libcst as cst

from wellfit.fix.arguments import set_argument
from wellfit.fix.calls import argument_of, find_constructor
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project
from wellfit.model.rule import Finding

_POSITIONS = {"shuffle": 2, "sampler": 3, "batch_sampler": 4}


@editor("WF602")
def shuffle_loader(finding: Finding, project: Project) -> Draft:
    """The DataLoader gets `shuffle=True`, in place of what it was given for it."""
    if finding.fix.details.get("loader") is None:
        raise RefusedError("no DataLoader feeds the training: the program orders its rows by itself")
    place = finding.fix.place or finding.where
    program = project.program(place)
    call = find_constructor(program, place, ("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"))
    _refuse_samplers(program, call)
    return Draft((set_argument(program, call, "shuffle", "True", position=_POSITIONS["shuffle"]),))


def _refuse_samplers(program: Program, call: cst.Call) -> None:
    for name in ("sampler", "batch_sampler"):
        given = argument_of(call, _POSITIONS[name], name)
        if given is not None and program.source(given.value) != "None":
            raise RefusedError(f"the loader has a {name} of the program's own, which shuffle excludes")
