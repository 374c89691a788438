"""What `wellfit repro` found, for a terminal."""

from collections.abc import Iterator

from wellfit.model.events.deep import ResumptionTried, RunsCompared, SeedSet
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
    causes = "".join(f"; {one.function} got {_seed(one)}, then {_seed(other)}" for one, other in seen.seeds)
    return f"two runs differ first in {seen.first}{at}{where}{causes}"


def _resumed(seen: ResumptionTried) -> str:
    if seen.refused:
        return f"{seen.root} was not asked: {seen.refused}"
    if seen.load_error is not None:
        return f"{seen.root} cannot be loaded strictly: {seen.load_error}"
    lost = f"; the optimizer does not save {', '.join(seen.optimizer_lost)}" if seen.optimizer_lost else ""
    same = {"answers": seen.same_answers, "next step": seen.same_step}
    verbs = {"answers": "gives", "next step": "takes"}
    tried = [_outcome(verbs[name], name, came_back) for name, came_back in same.items() if came_back is not None]
    untried = [name for name, came_back in same.items() if came_back is None]
    missing = f"; not compared: {', '.join(untried)}" if untried else ""
    return f"{seen.root} {' and '.join(tried) or 'was loaded'}{' after loading' if tried else ''}{missing}{lost}"


def _outcome(verb: str, name: str, came_back: bool) -> str:  # noqa: FBT001 - a verdict
    if came_back:
        return f"{verb} the same {name}"
    return f"{verb} {'other' if name == 'answers' else 'another'} {name}"


def _seed(seen: SeedSet) -> str:
    return f"the seed {seen.value}" if seen.value else "a seed of the system"
