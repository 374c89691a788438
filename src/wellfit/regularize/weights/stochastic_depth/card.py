"""What is known of stochastic depth."""

from wellfit.regularize.card import Card

CARD = Card(
    name="stochastic_depth",
    family="weights",
    title="Leaves residual branches out, sample by sample.",
    parameter="p, chance that a sample goes without a branch",
    full=0.5,
    suggested=(
        "0.1 (ConvNeXt-T, DeiT), 0.4 (ConvNeXt-S), 0.5 (ConvNeXt-B); fine-tuning 0.1 to 0.3 by size (MAE). "
        "0.05 for a ResNet-50 with a long recipe, and a rate that rises with depth, are recalled, not checked."
    ),
    costs="one multiplication of each branch; the branch itself is still computed",
    interacts=(
        "batch normalization: unlike dropout before it, it leaves the variance that a norm within the branch sees",
        "dropout: recipes that have the one set the other to 0 (DeiT, ConvNeXt)",
        "short runs: it slows the fit; lower it with the number of epochs",
    ),
    sources=(
        "ConvNeXt, TRAINING.md and its scripts",
        "DeiT, main.py; MAE, FINETUNE.md",
        "Huang et al. 2016, Deep networks with stochastic depth: recalled, not checked",
    ),
)
