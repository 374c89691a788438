"""What to know about the color distortion."""

from wellfit.regularize.card import Card

COLOR_DISTORTION = Card(
    name="color_distortion",
    family="vision",
    title="Changes brightness, contrast, saturation and hue, and takes the colour away by chance.",
    parameter="how far the factors of brightness, contrast and saturation may lie from 1; hue, in turns, a quarter",
    full=0.4,
    suggested="brightness, contrast and saturation 0.4, hue 0.1, grey 0; grey 0.2 and twice as much of the rest for "
    "contrastive learning; hue 0 where the colour is the label",
    costs="one 3x4 matrix for each image, applied in one pass: 1/15 and less of converting to HSV for each change",
    interacts=(
        "values must be shares of white: normalise after it, or hand mean and std to Augment",
        "on grey images saturation and hue change nothing",
        "batch norm after the first layer undoes what is common to a batch, so draws must differ by image",
    ),
    sources=(
        "He and others, 2019, Bag of tricks for image classification with CNNs, baseline training procedure",
        "Chen and others, 2020, A simple framework for contrastive learning of visual representations",
    ),
)
