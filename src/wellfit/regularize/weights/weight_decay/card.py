"""What is known of weight decay."""

from wellfit.regularize.card import Card

CARD = Card(
    name="weight_decay",
    family="weights",
    title="Pulls matrices towards zero in every step; spares what only scales or shifts.",
    parameter="weight_decay, per step and unit of learning rate",
    full=0.1,
    suggested=(
        "AdamW: 0.05 (DeiT, ConvNeXt, MAE), 0.1 (nanoGPT); SGD: 1e-4 (torchvision), 2e-5 with strong augmentation and "
        "a long run. Layer decay 0.65 to 0.75 (MAE). Better a timescale: 1 epoch to the length of the run. "
        "5e-4 for small CNNs with SGD is recalled, not checked."
    ),
    costs="nothing; the groups are made once",
    interacts=(
        "learning rate: AdamW shrinks by lr * weight_decay, so ten times the rate is ten times the decay",
        "a norm after the layer: there it sets the effective rate and not the capacity; 0 means a rate that falls",
        "strong augmentation: torchvision lowered it from 1e-4 to 2e-5",
        "Adam: its decay is divided by the gradients' size; AdamW's is not",
    ),
    sources=(
        "Wang, Aitchison 2024, How to set AdamW's weight decay as you scale model and dataset size, arXiv:2405.13698",
        "Li, Arora 2020, An exponential learning rate schedule for deep learning (abstract)",
        "torchvision issue 3995 and the post on its new recipes; training scripts of DeiT, ConvNeXt, MAE and nanoGPT",
    ),
)
