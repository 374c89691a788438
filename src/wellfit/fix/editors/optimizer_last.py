"""Makes the optimizer after the last change to the model."""

from collections.abc import Sequence

import libcst as cst

from wellfit.fix.blocks import line_code, line_of, put_after, remove_line, siblings
from wellfit.fix.calls import argument_of, find_optimizer
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Line, Program, Project, root_name, walk
from wellfit.model.rule import Finding


@editor("WF302")
def optimizer_last(finding: Finding, project: Project) -> Draft:
    """The optimizer's line, and those between that use it, move behind the last line that changes the model."""
    program = project.program(finding.where)
    call = find_optimizer(program, finding.where)
    given = argument_of(call, 0, "params")
    model = root_name(given.value) if given else None
    line = line_of(program, call)
    if model is None:
        raise RefusedError("which model the optimizer holds is not written on this line")
    block = siblings(program, line)
    after = _before_training(program, block[block.index(line) + 1 :], _bound(line))
    changes = [one for one in after if _changes(program, one, model)]
    if not changes:
        raise RefusedError(f"no line that changes {model} follows in the block of the optimizer")
    between = after[: after.index(changes[-1]) + 1]
    moved = [line, *_users(program, line, between)]
    lines = [one for one in moved if isinstance(one, cst.SimpleStatementLine)]
    if len(lines) != len(moved) or changes[-1] in moved:
        raise RefusedError("the lines between use the optimizer")
    put = (put_after(program, changes[-1], line_code(program, one)) for one in lines)
    return Draft((*(remove_line(program, one) for one in lines), *put))


def _before_training(program: Program, after: Sequence[Line], optimizer: set[str]) -> list[Line]:
    """The statements up to the first that does more with the optimizer than to give it to another object."""
    kept: list[Line] = []
    for one in after:
        uses = bool(optimizer & {name.value for name in program.within(one, cst.Name)})
        if uses and not _bound(one):
            break
        kept.append(one)
    return kept


def _changes(program: Program, line: Line, model: str) -> bool:
    """Whether a statement puts a layer, or a whole model, in the place of another."""
    if not isinstance(line, cst.SimpleStatementLine):
        return False
    for statement in line.body:
        targets = [t.target for t in statement.targets] if isinstance(statement, cst.Assign) else []
        if any(root_name(target) == model for target in targets):
            return True
        calls = program.within(statement, cst.Call) if isinstance(statement, cst.Expr) else []
        if any(_is_setter(call, model) for call in calls):
            return True
    return False


def _is_setter(call: cst.Call, model: str) -> bool:
    """`net.add_module(...)`, `setattr(net, ...)` and a function of the program's own that is handed the model."""
    if isinstance(call.func, cst.Attribute):
        return root_name(call.func) == model and call.func.attr.value in {"add_module", "register_module", "append"}
    return any(isinstance(a.value, cst.Name) and a.value.value == model for a in call.args)


def _users(program: Program, line: Line, between: Sequence[Line]) -> list[Line]:
    """Statements that use what the moved ones bind, such as the scheduler of the optimizer."""
    names, users = _bound(line), []
    for one in between:
        if names & {name.value for name in program.within(one, cst.Name)}:
            users.append(one)
            names |= _bound(one)
    return users


def _bound(line: Line) -> set[str]:
    assigns = (one for one in walk(line) if isinstance(one, cst.Assign))
    return {t.target.value for one in assigns for t in one.targets if isinstance(t.target, cst.Name)}
