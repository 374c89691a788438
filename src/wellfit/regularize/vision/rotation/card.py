"""What to know about the rotation."""

from wellfit.regularize.card import Card

ROTATION = Card(
    name="rotation",
    family="vision",
    title="Turns an image about its centre by an angle drawn evenly from both directions.",
    parameter="degrees, the largest angle",
    full=15.0,
    suggested="10 to 15 for photographs and handwriting, where gravity or a line gives the upright; 180 for "
    "microscopes and satellites, where nothing does",
    costs="one bilinear look-up of each pixel; the corners leave the image, and what is filled in for them is seen",
    interacts=(
        "each further look-up blurs: with other moves use Augment, which makes one of them all",
        "boxes grow: the upright box around a turned box is larger than the thing in it, by up to 1.4 each way at 45",
        "labels that hang on the direction (6 and 9, arrows, a steering angle) become wrong at large angles",
    ),
    sources=(
        (
            "Simard, Steinkraus and Platt, 2003, Best practices for convolutional neural networks applied to visual "
            "document analysis"
        ),
    ),
)
