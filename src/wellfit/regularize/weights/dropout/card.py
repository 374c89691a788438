"""What is known of dropout."""

from wellfit.regularize.card import Card

CARD = Card(
    name="dropout",
    family="weights",
    title="Zeroes activations at random; one knob for all of a model's modules that do.",
    parameter="p, chance that a number is zeroed",
    full=0.5,
    suggested=(
        "0 for vision transformers and ConvNets with stochastic depth (DeiT, ConvNeXt), 0.4 between layers of a "
        "recurrent language model (awd-lstm-lm), 0.2 to 0.7 for small graphs (tunedGNN), 0 to 0.8 for tables (Kadra). "
        "0.1 when fine-tuning encoders; 0 for language models that see their data once is recalled, not checked."
    ),
    costs="a random number and a multiplication for each activation",
    interacts=(
        "batch normalization: before one it shifts the variance between training and evaluation; put it after the last",
        "strong augmentation: acts as more data, so lower p",
        "F.dropout: `training` is True by default, so a call without it stays on in evaluation",
    ),
    sources=(
        "Li et al. 2019, Understanding the disharmony between dropout and batch normalization (abstract)",
        "awd-lstm-lm, README; tunedGNN, scripts; Kadra et al. 2021, Well-tuned simple nets, code",
        "DeiT, main.py; ConvNeXt, TRAINING.md",
    ),
)
