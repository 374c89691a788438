"""What `wellfit repro` found, for a terminal."""

from collections.abc import Iterator

from wellfit.model.events.deep import ResumptionTried, RunsCompared
from wellfit.model.repro import Reproduced
from wellfit.report.answer import render_answer
from wellfit.report.axis import number
from wellfit.report.naming import plural, shown_place

HEADLINES = {
    True: "it comes back: equal seeds give equal runs",
    False: "it does not come back",
    None: "whether it comes back was not seen",
}


def render(answer: Reproduced, *, width: int = 100, color: bool = False) -> str:
    """Same seed twice, saving and loading, and the noise of each metric.

    Args:
        answer: whatever was seen.
        width: columns of the terminal.
        color: use ANSI colours.
    """
    back = answer.comes_back
    return render_answer(HEADLINES[back], facts(answer), (), (), found=back is True, width=width, color=color)


def facts(answer: Reproduced) -> Iterator[tuple[str, str]]:
    """Names and texts."""
    if answer.compared is not None:
        yield "same seed", _compared(answer.compared)
    if answer.resumed is not None:
        yield "save, load", _resumed(answer.resumed)
    for name, reason in answer.refused:
        yield "not seen", f"{name}: {reason}"
    for name, noise in answer.noise.items():
        found = answer.values[name]
        yield "noise", f"{name} moves by {number(noise)} from seed to seed ({', '.join(map(number, found))})"
    yield "runs", ", ".join(answer.runs)
    if answer.noise:
        yield "next", "wellfit runs diff A B calls a difference within the noise a tie"


def _compared(seen: RunsCompared) -> str:
    if seen.first is None:
        return f"{plural(seen.steps, 'step')} twice, equal to the last bit, on {seen.device}"
    at = "" if seen.step is None else f" at step {seen.step}"
    where = f", seen at {shown_place(seen.place, '')}" if seen.place else ""
    causes = "".join(
        f"; {one.function} got the seed {one.value or 'of the system'}, then {other.value or 'of the system'}"
        for one, other in seen.seeds
    )
    return f"two runs differ first in {seen.first}{at}{where}{causes}"


def _resumed(seen: ResumptionTried) -> str:
    if seen.refused:
        return f"{seen.root} was not asked: {seen.refused}"
    if seen.load_error is not None:
        return f"{seen.root} cannot be loaded strictly: {seen.load_error}"
    lost = f"; the optimizer does not save {', '.join(seen.optimizer_lost)}" if seen.optimizer_lost else ""
    answers = {True: "the same answers", False: "other answers", None: "answers not compared"}[seen.same_answers]
    step = {True: "the same next step", False: "another next step", None: "next step not compared"}[seen.same_step]
    return f"{seen.root} gives {answers} and takes {step} after loading{lost}"
