"""Finds the call that a finding speaks of, however the program spells it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import libcst as cst

from wellfit.fix.draft import RefusedError
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, same
from wellfit.model.change import Change
from wellfit.model.place import Place

Style = Literal["function", "method", "module", "layer"]
"""`F.softmax(x)`, `x.softmax()`, `self.softmax(x)` of an `nn.Softmax`, and the `nn.Softmax()` itself."""

_CLASSES = {
    "Softmax2d": "softmax",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "KLDivLoss": "kl_div",
    "MSELoss": "mse_loss",
}
"""Classes of torch.nn whose function is not found by writing the class's name with underscores."""


@dataclass(frozen=True, slots=True)
class Use:
    """One call of an operation.

    Args:
        operation: public name of the function that does it: softmax, cross_entropy, dropout ...
        made: of a module, the call that made it; of a layer, the layer's own call.
    """

    call: cst.Call
    operation: str
    style: Style
    made: cst.Call | None = None

    def argument(self, position: int, name: str) -> cst.Arg | None:
        """An argument by the position it has in the function's own signature, or by name.

        Raises:
            RefusedError: arguments are handed over by `*` or `**`, so nobody knows which is which.
        """
        taken = 1 if self.style == "method" else 0
        return argument_of(self.call, position - taken, name)

    def input(self) -> cst.BaseExpression:
        """What the operation is applied to.

        Raises:
            RefusedError: it cannot be told from the arguments.
        """
        if self.style == "method" and isinstance(self.call.func, cst.Attribute):
            return self.call.func.value
        found = argument_of(self.call, 0, "input")
        if found is None:
            raise RefusedError(f"{self.operation} is called without an input")
        return found.value


def argument_of(call: cst.Call, position: int, name: str) -> cst.Arg | None:
    """An argument of a call by position or name; None where it is left at its default.

    Raises:
        RefusedError: arguments are handed over by `*` or `**`.
    """
    if any(argument.star for argument in call.args):
        raise RefusedError("the arguments are handed over by * or **")
    by_name = next((a for a in call.args if a.keyword and a.keyword.value == name), None)
    if by_name is not None:
        return by_name
    positional = [argument for argument in call.args if argument.keyword is None]
    return positional[position] if 0 <= position < len(positional) else None


def find_use(program: Program, place: Place | None, operations: Iterable[str]) -> Use:
    """The one call of these operations on a line.

    Raises:
        RefusedError: there is none, or more than one that it may be.
    """
    names = tuple(operations)
    uses = [use for call in calls_at(program, place) if (use := use_of(program, call)) and use.operation in names]
    if not uses:
        raise RefusedError(f"no call of {' or '.join(names)} is written on this line")
    if len(uses) > 1:
        uses = [use for use in uses if place is not None and _own_line(program, use.call) == place.line]
    if len(uses) != 1:
        raise RefusedError(f"several calls of {' or '.join(names)} stand on this line")
    return uses[0]


def calls_at(program: Program, place: Place | None) -> list[cst.Call]:
    """The calls of the statements that cover a line; of a statement with a block, those of its head."""
    if place is None:
        raise RefusedError("the run gave no line")
    return [call for call in program.within(program.module, cst.Call) if _covers(program, call, place.line)]


def _covers(program: Program, call: cst.Call, line: int) -> bool:
    for above in program.ancestors(call):
        if isinstance(above, cst.BaseSmallStatement):
            return line in program.lines(above)
        if isinstance(above, cst.BaseCompoundStatement):
            break
    return line in program.lines(call)


def _own_line(program: Program, call: cst.Call) -> int:
    """The line that Python names for a call: of a method that of its name, else that on which the call begins."""
    named = call.func.attr if isinstance(call.func, cst.Attribute) else call
    return program.lines(named).start


def use_of(program: Program, call: cst.Call) -> Use | None:
    """Which operation of torch a call is, as far as the program's text shows."""
    name = program.imported_name(call.func)
    if name is not None:
        return _torch_use(call, name)
    made = made_of(program, call.func)
    if made is not None:
        operation = operation_of(program, made)
        return None if operation is None else Use(call, operation, "module", made)
    if isinstance(call.func, cst.Attribute) and program.imported_name(call.func.value) is None:
        return Use(call, call.func.attr.value, "method")
    return None


def _torch_use(call: cst.Call, name: str) -> Use | None:
    last = name.rpartition(".")[2]
    if not name.startswith("torch."):
        return None
    return Use(call, _operation(last), "layer", call) if last[:1].isupper() else Use(call, last, "function")


def made_of(program: Program, target: cst.BaseExpression) -> cst.Call | None:
    """The constructor's call behind a name or an attribute of `self`, where the program binds it once.

    Where a function of the file makes the object, it is the call that the function returns.
    """
    values = [value for _, value in program.assignments(target)]
    made = values[0] if len(values) == 1 else None
    if not isinstance(made, cst.Call):
        return None
    functions = [f for f in program.within(program.module, cst.FunctionDef) if same(f.name, made.func)]
    return _returned(program, functions[0]) if len(functions) == 1 else made


def _returned(program: Program, function: cst.FunctionDef) -> cst.Call | None:
    """The call that a function returns, where it returns at one place only."""
    returns = program.within(function, cst.Return)
    value = returns[0].value if len(returns) == 1 else None
    return value if isinstance(value, cst.Call) else None


def operation_of(program: Program, made: cst.Call) -> str | None:
    """The operation of a module of torch.nn, from the call that makes it."""
    name = program.imported_name(made.func) or ""
    return _operation(name.rpartition(".")[2]) if name.startswith("torch.nn.") else None


def _operation(class_name: str) -> str:
    """`log_softmax` of LogSoftmax, `nll_loss` of NLLLoss, `lstm` of LSTM."""
    if class_name in _CLASSES:
        return _CLASSES[class_name]
    stem = class_name.removesuffix("Loss")
    words = "".join(f"_{c}" if c.isupper() and not p.isupper() else c for p, c in zip("_" + stem, stem, strict=False))
    snake = words.lower().strip("_")
    loss = "_loss" if stem != class_name and snake != "cross_entropy" else ""
    return snake + loss


def renamed(program: Program, use: Use, *, function: str, layer: str) -> tuple[Change, ...]:
    """The changes after which another operation is called, spelled as the program spells this one.

    Args:
        program: the file of the call.
        use: the call; of a module, the line that makes it is changed.
        function: name in torch.nn.functional, and of the tensor's method where the call is one.
        layer: name in torch.nn.
    """
    func = use.made.func if use.made is not None else use.call.func
    if use.style == "method" and isinstance(func, cst.Attribute):
        return (program.replaced(func.attr, function),)
    module, name = ("torch.nn", layer) if use.made is not None else ("torch.nn.functional", function)
    if (
        isinstance(func, cst.Attribute)
        and f"{program.imported_name(func.value)}." in (f"{module}.", "torch.")
        and (program.imported_name(func.value) != "torch" or name in _OF_TORCH)
    ):
        return (program.replaced(func.attr, name),)
    spelled, imports = spell(program, module, name)
    return (program.replaced(func, spelled), *imports)


_OF_TORCH = frozenset({"softmax", "log_softmax", "sigmoid", "clamp"})
"""Operations that `torch` offers under the same name as torch.nn.functional."""


def find_constructor(program: Program, place: Place | None, names: Iterable[str]) -> cst.Call:
    """The one call on a line that makes an object of these classes, by their dotted names.

    Raises:
        RefusedError: there is none, or more than one that it may be.
    """
    wanted = tuple(names)
    found = [call for call in calls_at(program, place) if program.imported_name(call.func) in wanted]
    if len(found) > 1:
        found = [call for call in found if place is not None and _own_line(program, call) == place.line]
    if len(found) != 1:
        what = wanted[0].rpartition(".")[2]
        raise RefusedError(
            f"several calls of {what} stand on this line" if found else f"no {what} is made on this line"
        )
    return found[0]


def find_optimizer(program: Program, place: Place | None) -> cst.Call:
    """The one call on a line that makes an optimizer of torch.

    Raises:
        RefusedError: there is none, or more than one.
    """
    calls = [call for call in calls_at(program, place) if is_optimizer(program.imported_name(call.func) or "")]
    if len(calls) != 1:
        raise RefusedError(
            "several optimizers are made on this line" if calls else "no call on this line names an optimizer of torch"
        )
    return calls[0]


def is_optimizer(name: str) -> bool:
    """Whether a dotted name is that of an optimizer of torch."""
    last = name.rpartition(".")[2]
    return name.startswith("torch.optim.") and last[:1].isupper() and "lr_scheduler" not in name
