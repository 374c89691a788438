"""What a recipe changed in a script, in words."""

from collections.abc import Iterator

from wellfit.model.advice import Measured
from wellfit.model.events.recipe import RecipeCompared
from wellfit.report.naming import plural
from wellfit.report.proof import describe_effect, scored_on

OPENINGS = {
    "helps": "The recipe helps",
    "hurts": "The recipe hurts here, the script's own set-up is better",
    "no measurable effect": "The recipe has no measurable effect",
    "could not measure": "The recipe was not measured",
}
"""By the verdict; what was measured follows."""


def verdict_on(measured: Measured) -> str:
    """One sentence: which of the two is better, and by how much."""
    proof = measured.proof
    if proof.effect is None:
        return f"{OPENINGS[proof.verdict]}: {proof.reason}."
    runs = f"{plural(proof.steps, 'step')} x {plural(proof.seeds, 'seed')}"
    return f"{OPENINGS[proof.verdict]}: {describe_effect(proof.effect)}, {runs}."


def rows_on(measured: Measured, comparison: RecipeCompared) -> Iterator[tuple[str, str]]:
    """What stands behind the sentence, name and text.

    Args:
        measured: with its effect or without.
        comparison: beside which it stands.
    """
    proof, applied = measured.proof, measured.applied
    if proof.effect is not None:
        yield from (("also" if not number else "", describe_effect(each)) for number, each in enumerate(proof.also))
        yield "scored", scored_on(proof)
        if proof.reason:
            yield "", proof.reason
    if proof.verdict == "no measurable effect" and "--seeds" not in (proof.reason or ""):
        yield "undecided", f"--seeds {2 * proof.seeds} narrows the interval"
    if applied is not None:
        yield "made for", _made_for(measured, comparison)
        if applied.besides:
            yield "with", f"{' and '.join(applied.besides)}, which the code below leaves to you"
        yield from (("not applied" if not number else "", text) for number, text in enumerate(applied.not_applied))
    yield from (("note" if not number else "", text) for number, text in enumerate(measured.notes))


def _made_for(measured: Measured, comparison: RecipeCompared) -> str:
    """The recipe of these runs, where it is another than that of the table."""
    if measured.applied is None:
        return ""
    shown = {value.name: value.recipe for value in comparison.values}
    other = [f"{name} {text}" for name, text in measured.applied.values if shown.get(name) not in {None, text}]
    steps = plural(measured.applied.steps, "step")
    return f"{steps}, which changes {', '.join(other)}" if other else f"{steps}, with the values above"
