"""The script's own metric must be perfect for perfect answers."""

import re
from collections.abc import Iterator

from wellfit.deep.procedure import AGAIN, AS_IS, Procedure, Trials, Variant
from wellfit.errors import ProcedureError
from wellfit.model.cure import Cure
from wellfit.model.events.deep import AnswersReplaced, MetricTried, PrintedNumber
from wellfit.model.events.run import Counted
from wellfit.prove.trial import TrialRun

PERFECT = Variant("with perfect answers", (Cure("replace_answers"),))
SHUFFLED = Variant("with shuffled answers", (Cure("replace_answers", None, {"shuffled": True}),))

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")

LONGEST_LABEL = 80
"""Characters of a printed line that are written."""

MOST_NUMBERS = 256

Printed = dict[tuple[int, int], tuple[str, float, bool]]
"""By line and position in it: the line without its numbers, the number, and whether a percent sign follows it."""


def try_metric(trials: Trials) -> Iterator[MetricTried]:
    """What the script prints of perfect and of shuffled answers."""
    counted = trials.watched.last(Counted)
    if counted is not None and not counted.evaluation_forwards:
        raise ProcedureError("no model was called without gradients: nothing was evaluated under torch.no_grad()")
    as_is, again, perfect, shuffled = (trials.run(variant) for variant in (AS_IS, AGAIN, PERFECT, SHUFFLED))
    replaced = perfect.log.last(AnswersReplaced)
    if replaced is None or shuffled.log.last(AnswersReplaced) is None:
        raise ProcedureError("no call of a model without gradients was seen whose targets could be found beside it")
    numbers = tuple(_changed(as_is, again, perfect, shuffled))
    if not numbers:
        raise ProcedureError("nothing that the script prints changes with what the model answers in evaluation")
    yield MetricTried(replaced.place, replaced.calls, numbers[:MOST_NUMBERS])


def _changed(as_is: TrialRun, again: TrialRun, perfect: TrialRun, shuffled: TrialRun) -> Iterator[PrintedNumber]:
    """Numbers at the same place of all outputs that repeat under equal seeds and change with the answers."""
    one, other, right, wrong = (read_numbers(run.output) for run in (as_is, again, perfect, shuffled))
    for at, (label, value, percent) in one.items():
        if any(numbers.get(at, ("",))[0] != label for numbers in (other, right, wrong)):
            continue
        if other[at][1] == value and right[at][1] != wrong[at][1]:
            yield PrintedNumber(label[:LONGEST_LABEL], at[1], percent, value, right[at][1], wrong[at][1])


def read_numbers(output: str) -> Printed:
    """The numbers of a text, by line and position."""
    return {
        (row, place): (NUMBER.sub("#", line), float(match[0]), line[match.end() : match.end() + 1] == "%")
        for row, line in enumerate(output.splitlines())
        for place, match in enumerate(NUMBER.finditer(line))
    }


METRIC = Procedure(
    name="metric of perfect answers",
    writes=(MetricTried,),
    variants=(AS_IS, AGAIN, PERFECT, SHUFFLED),
    look=try_metric,
)
