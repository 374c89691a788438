"""A proof in words, as all formats say it."""

from wellfit.model.proof import Effect, Proof
from wellfit.report.naming import plural

DOWNGRADED = "its cure hurts here, so it is told as a note"


def describe_proof(proof: Proof) -> str:
    """One sentence: `accuracy 0.62 -> 0.91 (+0.29, 95% interval +0.24 .. +0.33), 200 steps x 3 seeds: helps`."""
    if proof.effect is None:
        return f"{proof.verdict}: {proof.reason}" if proof.reason else proof.verdict
    runs = f"{plural(proof.steps, 'step')} x {plural(proof.seeds, 'seed')}"
    return f"{runs}: {describe_effect(proof.effect)}: {proof.verdict}"


def scored_on(proof: Proof) -> str:
    """Which answers were scored: `359 answers of the script's own evaluation in each run`."""
    whose = "of the script's own evaluation" if proof.held_back else "to training batches, weights held still"
    return f"{plural(proof.rows, 'answer')} {whose}, in each run"


def describe_effect(effect: Effect) -> str:
    """`accuracy 0.62 -> 0.91  (+0.29, 95% interval +0.24 .. +0.33)`."""
    low, mid, high = effect.interval
    digits = _digits(effect)
    values = f"{effect.metric} {effect.as_is:.{digits}f} -> {effect.cured:.{digits}f}"
    return f"{values}  ({mid:+.{digits}f}, 95% interval {low:+.{digits}f} .. {high:+.{digits}f})"


def notes_on(proof: Proof) -> tuple[str, ...]:
    """What stands below: the other metrics, what to know about the measurement, and what became of the severity."""
    also = tuple(describe_effect(effect) for effect in proof.also)
    caveat = (proof.reason,) if proof.reason and proof.effect is not None else ()
    scored = (scored_on(proof),) if proof.effect is not None else ()
    return (*also, *scored, *caveat, *((DOWNGRADED,) if proof.verdict == "hurts" else ()))


def _digits(effect: Effect) -> int:
    """Two after the point, and more for losses near zero."""
    largest = max(abs(effect.as_is), abs(effect.cured))
    return 2 if largest >= 0.1 or not largest else 4  # noqa: PLR2004 - below, two digits would say nothing
