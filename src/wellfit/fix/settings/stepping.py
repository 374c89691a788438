"""How the script steps its optimizer, and what a schedule has to be written as beside that."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from wellfit.fix.blocks import indent, line_of, put_after_small
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program
from wellfit.fix.settings.course import Course, course_of
from wellfit.fix.settings.origins import origin_of
from wellfit.fix.settings.values import Files
from wellfit.fix.steps import is_step
from wellfit.model.change import Change
from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class Wanted:
    """The schedule.

    Args:
        shape: constant, linear or cosine.
        steps: optimizer steps of the run that was searched; None where nothing says it.
    """

    shape: str
    steps: int | None

    def made(self, name: str, optimizer: str, steps: str) -> str:
        """The call that makes it, down to 0 as trials had it.

        Args:
            name: by which `wellfit.schedule` is called.
            optimizer: that it is for.
            steps: of the run.
        """
        floor = "" if self.shape == "constant" else ", min_ratio=0.0"
        return f'{name}({optimizer}, "{self.shape}", {steps}{floor})'

    def counted(self) -> str:
        """The number of steps that was seen.

        Raises:
            RefusedError: nobody knows it.
        """
        if not self.steps:
            raise RefusedError("how many steps the run has is not certain")
        return str(self.steps)

    @property
    def comment(self) -> str:
        """What stands above a number of steps."""
        return f"# {self.steps} optimizer steps: those of the run that was tuned"


@dataclass(frozen=True, slots=True)
class Step:
    """The one call that steps an optimizer.

    Args:
        program: file of the call.
        statement: of the call.
        course: of the optimizer.
        is_scaled: a gradient scaler makes the step, and leaves some out.
    """

    program: Program
    statement: cst.BaseSmallStatement
    course: Course
    is_scaled: bool

    def sees(self, program: Program, made: cst.CSTNode, name: str) -> bool:
        """Whether a name that is bound elsewhere can be read where the optimizer steps.

        Args:
            program: file in which it is bound.
            made: where.
            name: a plain one, or an attribute of `self`.
        """
        if program is not self.program:
            return False
        if name.startswith("self."):
            return program.around(made, cst.ClassDef) is program.around(self.statement, cst.ClassDef)
        function = program.function(made)
        return function is None or function in program.ancestors(self.statement)

    def followed_by(self, scheduler: str) -> Change:
        """A step of the schedule behind it."""
        return put_after_small(self.program, self.statement, f"{scheduler}.step()")


def step_of(files: Files, made: cst.Call, lines: Sequence[Place]) -> Step | None:
    """How the script steps an optimizer; None where a library does, or where it is not certain.

    Args:
        files: of the program.
        made: the call that makes it.
        lines: that step it, as a run has told.
    """
    found = [
        (program, call, scaled)
        for program in files.programs
        for call in program.within(program.module, cst.Call)
        if is_step(call) and (scaled := _steps(files, program, call, made)) is not None
    ]
    if len(found) != 1 or not lines:
        return None
    program, call, scaled = found[0]
    if not all(line.file == program.file and line.line in program.lines(call) for line in lines):
        return None
    statement = next((above for above in program.ancestors(call) if isinstance(above, cst.BaseSmallStatement)), None)
    target = stepped(call, is_scaled=scaled)
    if statement is None or target is None:
        return None
    try:
        return Step(program, statement, course_of(files, program, call, target), scaled)
    except RefusedError:
        return None


def stepped(call: cst.Call, *, is_scaled: bool) -> cst.BaseExpression | None:
    """What a call of step() steps."""
    if is_scaled:
        return call.args[0].value if call.args else None
    return call.func.value if isinstance(call.func, cst.Attribute) else None


def _steps(files: Files, program: Program, call: cst.Call, made: cst.Call) -> bool | None:
    """Whether a gradient scaler steps the optimizer here; None where something else is stepped."""
    for scaled in (False, True):
        target = stepped(call, is_scaled=scaled)
        try:
            if target is not None and origin_of(files, program, target)[1] is made:
                return scaled
        except RefusedError:
            continue
    return None


def hooked(optimizer: str, scheduler: str) -> str:
    """The line that has a schedule follow an optimizer that is stepped where its name is not known.

    Args:
        optimizer: as it is read there.
        scheduler: as it is read there.
    """
    return f"{optimizer}.register_step_post_hook(lambda *_: {scheduler}.step())"


def lines_of(program: Program, beside: cst.CSTNode, codes: Sequence[str]) -> str:
    """Several statements as they are put in beside a statement.

    Args:
        program: file of that.
        beside: the statement.
        codes: a line each.
    """
    return f"{program.newline}{indent(program, line_of(program, beside))}".join(codes)
