"""The script's own metric must be perfect for perfect answers, and the same however the evaluation is cut."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from wellfit.deep.procedure import AGAIN, AS_IS, Procedure, Trials, Variant
from wellfit.errors import ProcedureError
from wellfit.model.cure import Cure
from wellfit.model.events.deep import AnswersReplaced, EvaluationPass, MetricTried, PrintedNumber
from wellfit.model.events.run import Counted
from wellfit.prove.trial import TrialRun

PERFECT = Variant("with perfect answers", (Cure("replace_answers"),))
SHUFFLED = Variant("with shuffled answers", (Cure("replace_answers", None, {"shuffled": True}),))

CONSTANT = Variant("with constant answers", (Cure("replace_answers", None, {"constant": True}),))
CUT = Variant(
    "with constant answers in other batches",
    (Cure("replace_answers", None, {"constant": True}), Cure("cut_evaluation")),
)

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")

LONGEST_LABEL = 80
"""Characters of a printed line that are written."""

MOST_NUMBERS = 256


@dataclass(frozen=True, slots=True)
class Printed:
    """A number that a script prints.

    Args:
        label: its line, with `#` for each number.
        percent: a percent sign follows it.
        unit: of its last digit.
    """

    label: str
    value: float
    percent: bool
    unit: float


At = tuple[int, int]
"""A line, and which of its numbers."""


def try_metric(trials: Trials) -> Iterator[MetricTried]:
    """What the script prints of perfect, of shuffled and of constant answers."""
    counted = trials.watched.last(Counted)
    if counted is not None and not counted.evaluation_forwards:
        raise ProcedureError("no model was called without gradients: nothing was evaluated under torch.no_grad()")
    runs = [trials.run(variant) for variant in (AS_IS, AGAIN, PERFECT, SHUFFLED)]
    replaced = [run.log.last(AnswersReplaced) for run in runs[2:]]
    if replaced[0] is None or replaced[1] is None:
        raise ProcedureError("no call of a model without gradients was seen whose targets could be found beside it")
    changed = dict(_changed(*(read_numbers(run.output) for run in runs)))
    if not changed:
        raise ProcedureError("nothing that the script prints changes with what the model answers in evaluation")
    constant, cut = _further(trials, CONSTANT), _further(trials, CUT)
    numbers = [_joined(at, number, constant, cut) for at, number in changed.items()]
    yield MetricTried(
        replaced[0].place, replaced[0].calls, tuple(numbers[:MOST_NUMBERS]), _passes(constant), _passes(cut)
    )


def _further(trials: Trials, variant: Variant) -> TrialRun | None:
    """A run that adds to what the others tell, and is missed where it fails; all of its cures changed something."""
    try:
        run = trials.run(variant)
    except ProcedureError:
        return None
    return run if all(run.applied) else None


def _passes(run: TrialRun | None) -> tuple[EvaluationPass, ...]:
    replaced = None if run is None else run.log.last(AnswersReplaced)
    return () if replaced is None else replaced.passes


def _changed(*outputs: dict[At, Printed]) -> Iterator[tuple[At, PrintedNumber]]:
    """Numbers at the same place of all outputs that repeat under equal seeds and change with the answers."""
    as_is, again, perfect, shuffled = outputs
    for at, one in as_is.items():
        if any(at not in numbers or numbers[at].label != one.label for numbers in outputs):
            continue
        values = one.value, perfect[at].value, shuffled[at].value
        if again[at].value == one.value and values[1] != values[2]:
            yield at, PrintedNumber(one.label[:LONGEST_LABEL], at[1], one.percent, *values, one.unit)


def _joined(at: At, number: PrintedNumber, constant: TrialRun | None, cut: TrialRun | None) -> PrintedNumber:
    return replace(number, constant=_value_at(at, number, constant), cut=_value_at(at, number, cut))


def _value_at(at: At, number: PrintedNumber, run: TrialRun | None) -> float | None:
    found = None if run is None else read_numbers(run.output).get(at)
    return found.value if found is not None and found.label[:LONGEST_LABEL] == number.label else None


def read_numbers(output: str) -> dict[At, Printed]:
    """The numbers of a text, by line and position."""
    return {
        (row, place): Printed(
            NUMBER.sub("#", line), float(match[0]), line[match.end() : match.end() + 1] == "%", _unit(match[0])
        )
        for row, line in enumerate(output.splitlines())
        for place, match in enumerate(NUMBER.finditer(line))
    }


def _unit(digits: str) -> float:
    mantissa, _, exponent = digits.lower().partition("e")
    return float(10 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))


METRIC = Procedure(
    name="metric of known answers",
    writes=(MetricTried,),
    variants=(AS_IS, AGAIN, PERFECT, SHUFFLED, CONSTANT, CUT),
    look=try_metric,
)
