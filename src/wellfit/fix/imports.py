"""How a name of torch is spelled in a program, with the import that it still needs."""

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

from wellfit.fix.program import Program, dotted
from wellfit.model.change import Change

ALIASES = {"torch.nn.functional": ("torch.nn", "functional", "F"), "torch.nn": ("torch", "nn", None)}
"""How modules are imported where the program does not do so yet: from where, what, and as what."""

WHOLE = ("wellfit",)
"""Packages that are imported themselves, and their names spelled in full."""


def spell(program: Program, module: str, name: str) -> tuple[str, tuple[Change, ...]]:
    """The shortest spelling that the program's own imports allow, and the import to add where they allow none.

    Args:
        program: the file that the name will stand in.
        module: dotted name of the module that offers it: torch.nn.functional.
        name: of the function or class.
    """
    known = imported(program)
    full = f"{module}.{name}"
    for local, meant in known.items():
        if meant == full:
            return local, ()
    stems = [(local, meant) for local, meant in known.items() if f"{full}.".startswith(f"{meant}.")]
    if stems:
        local, meant = max(stems, key=lambda stem: len(stem[1]))
        return local + full.removeprefix(meant), ()
    return _added(program, module, name)


def imported(program: Program) -> dict[str, str]:
    """Names that imports at the top level bind, with what they mean: `{"F": "torch.nn.functional"}`."""
    found: dict[str, str] = {}
    for line in program.module.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(statement, cst.Import):
                found.update(_of_import(statement))
            elif isinstance(statement, cst.ImportFrom):
                found.update(_of_import_from(statement))
    return found


def _of_import(statement: cst.Import) -> dict[str, str]:
    found = {}
    for alias in statement.names:
        name = dotted(alias.name) or ""
        first = name.partition(".")[0]
        found.update({alias.evaluated_alias: name} if alias.evaluated_alias else {first: first})
    return found


def _of_import_from(statement: cst.ImportFrom) -> dict[str, str]:
    if isinstance(statement.names, cst.ImportStar) or statement.module is None or statement.relative:
        return {}
    module = dotted(statement.module)
    return {a.evaluated_alias or a.evaluated_name: f"{module}.{a.evaluated_name}" for a in statement.names}


def _added(program: Program, module: str, name: str) -> tuple[str, tuple[Change, ...]]:
    context = CodemodContext()
    package = module.partition(".")[0]
    if package in WHOLE:
        AddImportsVisitor.add_needed_import(context, package)
        text = AddImportsVisitor(context).transform_module(program.module).code
        return f"{module}.{name}", (_difference(program, text),)
    source, what, alias = ALIASES.get(module, (module, name, None))
    AddImportsVisitor.add_needed_import(context, source, what, alias)
    text = AddImportsVisitor(context).transform_module(program.module).code
    spelled = alias or what
    return spelled if what == name else f"{spelled}.{name}", (_difference(program, text),)


def _difference(program: Program, new: str) -> Change:
    """The one stretch in which two texts differ."""
    old = program.text
    shortest = min(len(old), len(new))
    head = next((n for n in range(shortest) if old[n] != new[n]), shortest)
    tail = next((n for n in range(shortest - head) if old[-1 - n] != new[-1 - n]), shortest - head)
    return program.change(head, len(old) - tail, new[head : len(new) - tail])
