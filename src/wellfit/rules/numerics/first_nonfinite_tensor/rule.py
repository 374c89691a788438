"""An operation turns finite values into NaN or infinity.

## Why it hurts
A NaN spreads to the loss, through backward to every gradient, and through one step to every parameter; from there
on nothing is learned. An infinite slope does the same though the loss still looks well.

## How it is seen
When backward first runs on a loss that is not finite, the graph is searched from the loss down to the first
operation whose result is not finite though its operands are; its line is read in the next iteration. In sampled
steps, operations of unbounded slope (sqrt, log, division ...) are watched for finite gradients that come out
otherwise. A run whose losses or parameters had grown by orders of magnitude before is not blamed on an operation.

## What it cannot see
The line, where the program stops before its next iteration. Checkpointed, compiled and custom operations: then the
backward call is named. A bad slope at a step that was not sampled: then the step is named, not the operation.

## Fix
Keep the operand away from the edge: clamp it, add a small constant under the root, in the logarithm or to the
divisor, or use the function that does so inside (log_softmax, logsumexp, binary_cross_entropy_with_logits).

## Sources
PyTorch documentation, autograd: "If there is a function with no gradient defined or an infinite one".
"""

from wellfit.model.cure import Cure
from wellfit.model.events.numerics import LossBecameNonfinite
from wellfit.model.facts.numerics import NonfiniteStart
from wellfit.model.place import Place, Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_LOSSES = 3  # losses; mixed precision skips single bad steps, and a program may do so too

CURES = {
    "log": "clamp its operand (`.clamp_min(1e-8)`), or use log_softmax, logsumexp or a loss that takes raw scores",
    "sqrt": "add a small constant under the root: `(x + 1e-8).sqrt()`",
    "div": "add a small constant to the divisor, or clamp it away from 0",
    "exp": "subtract the maximum before exp, use softmax or logsumexp, or clamp the exponent",
    "pow": "clamp the base away from 0",
    "norm": "add a small constant under the root",
    "softmax": "let no row be masked as a whole: its scores are all -inf",
}
_CURE = "keep the operands of log, sqrt, division and exp away from where their result or slope is infinite"


@rule("WF802", "first-nonfinite-tensor", severity="error", since="0.1")
def first_nonfinite_tensor(start: NonfiniteStart) -> Answers:
    """Judge the first loss, or the first gradient, that is not finite."""
    if start.loss is None or start.cause in ("input", "divergence", "none"):
        return
    if start.losses < MIN_LOSSES and not start.latest:
        yield Unseen(f"{start.losses} of {start.backwards} losses were not finite, and the program went on from them")
    elif start.cause == "gradient":
        yield _bad_gradient(start, start.loss)
    else:
        yield _bad_result(start, start.loss)


def _bad_result(start: NonfiniteStart, loss: LossBecameNonfinite) -> Finding:
    origin = loss.origin
    result = next((e for e in start.located if e.about == "result"), None)
    operation = result.operation if result else origin.operation if origin else ""
    line = start.line("result") or start.line("loss") or (origin.place if origin else None)
    detail = f" ({origin.operand})" if origin and origin.operand and not result else ""
    made = f"{operation} makes values that are not finite from finite ones{detail}"
    if not operation:
        made = f"inputs and parameters are finite (the operation between is not known: {loss.why_no_origin})"
    return Finding(
        where=line or loss.place,
        saw=f"{made}; the loss of step {loss.step} is {loss.value}",
        why="the next step carries NaN into every parameter, and nothing is learned from there on",
        fix=_cure(operation),
        related=_reached(line, loss.place),
        count=start.losses,
        first_step=loss.step,
        cure=_guard(operation, line),
    )


def _bad_gradient(start: NonfiniteStart, loss: LossBecameNonfinite) -> Finding:
    gradient = start.gradient
    if gradient is None:
        return Finding(
            where=loss.place,
            saw=f"{loss.nonfinite_parameters} of {loss.parameters} parameters are not finite at step {loss.step},"
            " though every loss before was finite",
            why="gradients that were not finite went into the parameters, and nothing is learned from there on",
            fix=_cure(""),
            count=start.losses,
            first_step=loss.step,
        )
    operation = gradient.origin.operation if gradient.origin else ""
    line = start.line("gradient")
    by = f"; {operation} was given finite gradients and handed on others" if operation else ""
    return Finding(
        where=line or loss.place or gradient.place,
        saw=f"loss {gradient.loss:.4g} of step {gradient.step} is finite, the gradients of {gradient.bad} of"
        f" {gradient.parameters} parameters are not{by}",
        why="the slope is infinite there, and the step carries NaN into every parameter that it reaches",
        fix=_cure(operation),
        related=_reached(line, loss.place),
        count=start.losses,
        first_step=gradient.step,
        cure=_guard(operation, line),
    )


def _reached(line: Place | None, backward: Place | None) -> tuple[Related, ...]:
    return (Related(backward, "backward runs on it here"),) if line is not None and backward is not None else ()


def _guard(operation: str, line: Place | None) -> Cure | None:
    known = operation in CURES and operation != "softmax"
    return Cure("guard_operand", line, {"function": operation}) if known and line is not None else None


def _cure(operation: str) -> Fix:
    return Fix(CURES.get(operation, _CURE), details={"operation": operation})
