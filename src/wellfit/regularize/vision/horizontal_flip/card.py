"""What to know about the horizontal flip."""

from wellfit.regularize.card import Card

HORIZONTAL_FLIP = Card(
    name="horizontal_flip",
    family="vision",
    title="Mirrors an image left to right by chance.",
    parameter="p, the chance of each image",
    full=0.5,
    suggested="p 0.5 for photographs of things and scenes; 0 where left and right differ: text, digits, road signs, "
    "medical images of sided organs",
    costs="one copy of the batch",
    interacts=(
        (
            "labels that name a side (left hand, b and d, a steering angle) become wrong: swap keypoints by "
            "flip_order, negate angles yourself, or leave it off"
        ),
        "flipping again at test time and averaging asks the model for no more than this taught it",
    ),
    sources=("He and others, 2019, Bag of tricks for image classification with CNNs, baseline training procedure",),
)
