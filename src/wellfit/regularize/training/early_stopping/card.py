"""What is known of early stopping."""

from wellfit.regularize.card import Card

CARD = Card(
    name="early_stopping",
    family="training",
    title="Stops when a metric no longer gets better, and goes back to the best weights.",
    parameter="patience, evaluations without improvement; stronger the smaller it is",
    full=0.0,
    suggested=(
        "the best epoch of a run of fixed length is kept by RealMLP; constant rates with early stopping suit small "
        "graphs. A patience of 10 to 20 evaluations, 16 for tables, is recalled, not checked."
    ),
    costs="one copy of the weights on the CPU at each improvement",
    interacts=(
        "a rate that decays: most of the gain comes late, so a stop before the decay loses it",
        "the metric's direction: min and max are often confused with ReduceLROnPlateau too (allennlp 2895)",
        "weight averaging: measure within swap, so that the weights that are kept are those that were measured",
        "the validation set: what is chosen on it looks better there than it is; report the test set",
    ),
    sources=("RealMLP, abstract and defaults; allennlp issue 2895, selene issue 115",),
)
