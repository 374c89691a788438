"""How often a loop goes round, as an expression of the program's own."""

from collections.abc import Iterator

import libcst as cst

from wellfit.fix.calls import argument_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.loops import Loop
from wellfit.fix.program import Program, dotted, same, walk
from wellfit.fix.settings.callers import Level
from wellfit.fix.settings.literals import number_of
from wellfit.fix.settings.origins import origin_of
from wellfit.fix.settings.values import Files

BARS = ("tqdm.", "rich.progress.track")
"""What is put around an iterable to show how far it is."""

LOADER = ("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader")


Factors = list[cst.BaseExpression | str]
"""An expression: parts of the program, and the text between them."""


def loops_of(level: Level) -> list[Loop]:
    """Loops around a node that run it each time they go round, innermost first, up to its own function.

    Of a loop whose head holds the node, nothing is repeated.
    """
    found: list[Loop] = []
    below: cst.CSTNode = level.node
    for above in level.program.ancestors(level.node):
        if isinstance(above, (cst.FunctionDef, cst.ClassDef)):
            break
        if isinstance(above, (cst.For, cst.While)) and below is above.body:
            found.append(above)
        below = above
    return found


def rounds_of(files: Files, program: Program, below: cst.CSTNode, loop: Loop) -> Factors:
    """How often a loop runs what is in it.

    Args:
        files: of the program.
        program: file of the loop.
        below: the step, the call that leads to it, or the next loop inwards.
        loop: around that.

    Raises:
        RefusedError: the text leaves that open.
    """
    if not isinstance(loop, cst.For):
        raise RefusedError("it steps in a while loop")
    if any(_leaves(program, loop)):
        raise RefusedError("a loop around its step can be left early, or goes on without it")
    count = _count(files, program, loop.iter)
    conditions = conditions_between(program, below, loop)
    if not conditions:
        return count
    divisor = _every(loop, conditions[0]) if len(conditions) == 1 else None
    if divisor is None or _is_in(program, below, getattr(conditions[0], "orelse", None)):
        raise RefusedError("a condition decides whether it steps")
    return ["(", *count, " // ", *_closed(divisor), ")"]


def conditions_between(program: Program, below: cst.CSTNode, above: cst.CSTNode | None) -> list[cst.CSTNode]:
    """What decides whether a node runs, from the inside out, up to another one around it, or its own function."""
    found: list[cst.CSTNode] = []
    for one in program.ancestors(below):
        if one is above or isinstance(one, (cst.FunctionDef, cst.ClassDef)):
            break
        if isinstance(one, _CONDITIONS):
            found.append(one)
    return found


_CONDITIONS = (cst.If, cst.IfExp, cst.BooleanOperation, cst.Match, cst.Try, cst.TryStar, cst.Lambda, cst.Else)


def _leaves(program: Program, loop: cst.For) -> Iterator[cst.CSTNode]:
    """What ends a loop, or a round of it, before its time."""
    for node in walk(loop.body):
        owner = program.function(loop)
        if isinstance(node, (cst.Break, cst.Continue)):
            if next(a for a in program.ancestors(node) if isinstance(a, (cst.For, cst.While))) is loop:
                yield node
        elif isinstance(node, (cst.Return, cst.Yield)) and program.function(node) is owner:
            yield node


def _count(files: Files, program: Program, iterated: cst.BaseExpression) -> Factors:
    if not isinstance(iterated, cst.Call):
        return _length(files, program, iterated)
    name = program.imported_name(iterated.func) or ""
    plain = dotted(iterated.func) if program.is_builtin(iterated.func) else None
    if plain == "range" or (name.startswith("tqdm.") and name.endswith("trange")):
        return _of_range([argument.value for argument in iterated.args if argument.keyword is None])
    inner = argument_of(iterated, 0, "iterable") if plain == "enumerate" or name.startswith(BARS) else None
    if inner is None:
        raise RefusedError(f"how often `for ... in {program.source(iterated)}` goes round is not certain")
    return _count(files, program, inner.value)


def _of_range(ends: list[cst.BaseExpression]) -> Factors:
    if len(ends) == 1:
        return _closed(ends[0])
    if len(ends) == 2 and _is_one(ends[0]) and _one_before(ends[1]) is not None:  # noqa: PLR2004 - from, to
        return _closed(_one_before(ends[1]) or ends[1])
    numbers = [int(end.evaluated_value) for end in ends if isinstance(end, cst.Integer)]
    if 0 < len(ends) == len(numbers):
        return [str(len(range(*numbers)))]
    between: Factors = []
    for end in ends:
        between += [", ", end] if between else [end]
    return ["len(range(", *between, "))"]


def _one_before(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """`epochs` of `epochs + 1`."""
    is_sum = isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add) and _is_one(node.right)
    return node.left if is_sum and isinstance(node, cst.BinaryOperation) else None


def _closed(node: cst.BaseExpression) -> Factors:
    simple = isinstance(node, (cst.Name, cst.Attribute, cst.Integer, cst.Call, cst.Subscript))
    return [node] if simple else ["(", node, ")"]


def _is_one(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Integer) and node.evaluated_value == 1


def _length(files: Files, program: Program, given: cst.BaseExpression) -> Factors:
    """Of what is known to have one: a DataLoader, or a list that is written out."""
    other, made = origin_of(files, program, given)
    if isinstance(made, cst.Call) and other.imported_name(made.func) in LOADER:
        return ["len(", given, ")"]
    if isinstance(made, (cst.List, cst.ListComp, cst.Tuple)) and made is not given:
        return ["len(", given, ")"]
    raise RefusedError(f"how often `for ... in {program.source(given)}` goes round is not certain")


def _is_in(program: Program, node: cst.CSTNode, block: cst.CSTNode | None) -> bool:
    return block is not None and block in program.ancestors(node)


def _every(loop: cst.For, condition: cst.CSTNode) -> cst.BaseExpression | None:
    """`k` of `if (i + 1) % k == 0:` where `enumerate` counts the rounds of the loop in `i` from 0; None elsewhere."""
    test = condition.test if isinstance(condition, cst.If) else None
    counter = loop.target.elements[0].value if isinstance(loop.target, cst.Tuple) and loop.target.elements else None
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or counter is None:
        return None
    zero, left = test.comparisons[0], test.left
    if not isinstance(zero.operator, cst.Equal) or number_of(zero.comparator) != 0:
        return None
    if not isinstance(left, cst.BinaryOperation) or not isinstance(left.operator, cst.Modulo):
        return None
    first = _first_number(loop.iter)
    counted = left.left if first == 1 else _one_before(left.left) if first == 0 else None
    return left.right if counted is not None and same(counted, counter) else None


def _first_number(iterated: cst.BaseExpression) -> float | None:
    """From which `enumerate` counts; None of anything else."""
    if not isinstance(iterated, cst.Call) or dotted(iterated.func) != "enumerate":
        return None
    start = argument_of(iterated, 1, "start")
    return 0 if start is None else number_of(start.value)
