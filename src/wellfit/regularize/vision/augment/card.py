"""What to know about the fused pipeline."""

from wellfit.regularize.card import Card

AUGMENT = Card(
    name="augment",
    family="vision",
    title="Flip, rotation, scale and crop, color distortion and noise in one pass, drawn for each image alone.",
    parameter="strength of all of them, each at its own full value at 1",
    full=1.0,
    suggested="flip 0.5, rotate 15, crop (0.3, 1), color (0.4, 0.4, 0.4, 0.1), noise 0.05 and strength 1 for some "
    "thousand photographs; strength 0.3 to 0.5 for small models and short training",
    costs="on one CPU core some 0.6 ms for a photograph of 224 pixels and 0.08 ms for one of 64; see the benchmark",
    interacts=(
        "stronger augmentation acts like more data: weight decay and dropout may be lower, training longer",
        "a training loss above the validation loss is no bug then: the training images are the harder ones",
        "evaluation needs the same size and the same normalising: keep the module in place and call eval()",
    ),
    sources=("Steiner and others, 2021, How to train your ViT? Data, augmentation, and regularization",),
)
