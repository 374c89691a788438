"""The edits of single lines that cure a finding, one per rule; whatever is not certain is left to the reader."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from wellfit.fix.statement import Statement, read_statement
from wellfit.model.change import Change
from wellfit.model.place import Place
from wellfit.model.report import Report
from wellfit.model.rule import Finding
from wellfit.model.source import Sources

Editor = Callable[[Finding, Sources], tuple[Place, str] | None]
"""From a finding and the source to the line to edit and the text that takes its place."""


def write_edits(report: Report, sources: Sources) -> Report:
    """The report with a replacement in every fix that can be written down and has none yet."""
    verdicts = (
        replace(v, findings=tuple(_with_edit(f, EDITORS.get(v.rule), sources) for f in v.findings))
        for v in report.verdicts
    )
    return replace(report, verdicts=tuple(verdicts))


def _with_edit(finding: Finding, editor: Editor | None, sources: Sources) -> Finding:
    edit = None if editor is None or finding.fix.changes else editor(finding, sources)
    if edit is None:
        return finding
    place, text = edit
    return replace(finding, fix=replace(finding.fix, place=place, changes=(_change(place, text, sources),)))


def _change(place: Place, text: str, sources: Sources) -> Change:
    lines = sources.files[place.file]
    old = sources.line(place) or ""
    start = sum(map(len, lines[: place.line - 1])) + len(old) - len(old.lstrip())
    indentation = old[: len(old) - len(old.lstrip())]
    return Change(place.file, start, start + len(old.lstrip()), f"\n{indentation}".join(text.splitlines()))


def _at_fix(finding: Finding, sources: Sources) -> Statement | None:
    return read_statement(finding.fix.place or finding.where, sources)


def _drop_call(finding: Finding, sources: Sources, *, names: tuple[str, ...]) -> tuple[Place, str] | None:
    """`F.softmax(x, dim=1)` and `x.softmax(1)` become `x`."""
    statement = _at_fix(finding, sources)
    calls = [call for name in names for call in statement.calls(name)] if statement else []
    if statement is None or len(calls) != 1:
        return None
    kept = _input_of(calls[0], statement)
    if kept is None:
        return None
    text = statement.segment(kept)
    if not (isinstance(kept, _CLOSED) or statement.is_whole_value(calls[0])):
        text = f"({text})"
    return statement.place, statement.replaced(calls[0], text)


_CLOSED = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)
"""Expressions that need no brackets wherever they stand."""


def _input_of(call: ast.Call, statement: Statement) -> ast.expr | None:
    if isinstance(call.func, ast.Attribute) and not statement.is_function(call):
        return call.func.value
    if call.args and not isinstance(call.args[0], ast.Starred):
        return call.args[0]
    return next((keyword.value for keyword in call.keywords if keyword.arg == "input"), None)


def _rename_call(finding: Finding, sources: Sources, *, old: str, new: str) -> tuple[Place, str] | None:
    """`F.nll_loss(...)` becomes `F.cross_entropy(...)`; a bare name is left alone, for the new one is not imported."""
    statement = _at_fix(finding, sources)
    calls = statement.calls(old) if statement else []
    if statement is None or len(calls) != 1 or not isinstance(calls[0].func, ast.Attribute):
        return None
    stem = statement.segment(calls[0].func).removesuffix(old)
    return statement.place, statement.replaced(calls[0].func, stem + new)


def _take_the_log(finding: Finding, sources: Sources) -> tuple[Place, str] | None:
    """Probabilities become log-probabilities where they are made; raw scores go to cross_entropy."""
    made = _rename_call(finding, sources, old="softmax", new="log_softmax")
    return made or _rename_call(finding, sources, old="nll_loss", new="cross_entropy")


def _clear_gradients(finding: Finding, sources: Sources) -> tuple[Place, str] | None:
    """`optimizer.zero_grad()` before the line of backward; the optimizer's name is read where it steps."""
    backward = read_statement(finding.where, sources)
    if backward is None or not isinstance(backward.tree, ast.Expr) or not backward.calls("backward"):
        return None
    names = {name for related in finding.related if (name := _stepping(read_statement(related.place, sources)))}
    if len(names) != 1:
        return None
    return backward.place, f"{names.pop()}.zero_grad()\n{backward.text}"


def _stepping(statement: Statement | None) -> str | None:
    """`optimizer` of the statement `optimizer.step()`; `scaler.step(optimizer)` has another owner and gives None."""
    call = statement.tree.value if statement and isinstance(statement.tree, ast.Expr) else None
    if statement is None or not isinstance(call, ast.Call) or call.args or call.keywords:
        return None
    return (
        statement.segment(call.func.value)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "step"
        else None
    )


def _shuffle(finding: Finding, sources: Sources) -> tuple[Place, str] | None:
    """`DataLoader(data, batch_size=16)` gets `shuffle=True`."""
    statement = _at_fix(finding, sources)
    calls = statement.calls("DataLoader") if statement else []
    if statement is None or len(calls) != 1:
        return None
    keywords = {keyword.arg: keyword.value for keyword in calls[0].keywords}
    if keywords.keys() & {"sampler", "batch_sampler", None} or len(calls[0].args) > 2:  # noqa: PLR2004 - the third is shuffle
        return None
    if "shuffle" in keywords:
        return statement.place, statement.replaced(keywords["shuffle"], "True")
    call = statement.segment(calls[0])
    inner = call.removesuffix(")").rstrip().removesuffix(",")
    return statement.place, statement.replaced(calls[0], f"{inner}, shuffle=True)")


def _register(finding: Finding, sources: Sources) -> tuple[Place, str] | None:
    """`self.layers = [nn.Linear(8, 8)]` becomes `self.layers = nn.ModuleList([nn.Linear(8, 8)])`."""
    statement = _at_fix(finding, sources)
    wrapper = finding.fix.title.split(" ")[-1]
    if statement is None or not isinstance(statement.tree, ast.Assign) or "nn" not in statement.modules:
        return None
    value = statement.tree.value
    if wrapper not in _CONTAINERS or not isinstance(value, _CONTAINERS[wrapper]) or not _is_attribute(statement.tree):
        return None
    return statement.place, statement.replaced(value, f"{wrapper}({statement.segment(value)})")


_CONTAINERS: Mapping[str, tuple[type[ast.expr], ...]] = {
    "nn.ModuleList": (ast.List, ast.ListComp),
    "nn.ModuleDict": (ast.Dict, ast.DictComp),
    "nn.ParameterList": (ast.List, ast.ListComp),
    "nn.ParameterDict": (ast.Dict, ast.DictComp),
}


def _is_attribute(assignment: ast.Assign) -> bool:
    return len(assignment.targets) == 1 and isinstance(assignment.targets[0], ast.Attribute)


EDITORS: Mapping[str, Editor] = {
    "WF101": partial(_drop_call, names=("softmax", "sigmoid")),
    "WF102": partial(_drop_call, names=("log_softmax",)),
    "WF103": _take_the_log,
    "WF104": partial(_drop_call, names=("sigmoid", "softmax")),
    "WF105": partial(_rename_call, old="binary_cross_entropy", new="binary_cross_entropy_with_logits"),
    "WF201": _clear_gradients,
    "WF401": _register,
    "WF602": _shuffle,
}
"""By rule id. A rule without an editor still says its fix in words."""
