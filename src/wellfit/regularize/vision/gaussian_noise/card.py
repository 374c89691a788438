"""What to know about Gaussian noise."""

from wellfit.regularize.card import Card

GAUSSIAN_NOISE = Card(
    name="gaussian_noise",
    family="vision",
    title="Adds independent Gaussian noise to each value.",
    parameter="std, in shares of white, or of each channel's own standard deviation",
    full=0.05,
    suggested="std 0.02 to 0.1 of white; with relative=True 0.1 to 0.3 of the channel's own",
    costs="one draw for each value: 2.5 ns fresh; 0.2 ns from a bank of a million normal numbers",
    interacts=(
        "before normalising, std counts in shares of white; after it, in standard deviations of the data set",
        "for a linear model and small std it is weight decay by another name (Bishop 1995): lower that",
        "uint8 is rounded and cut off at 0 and 255, which moves the mean of black and white regions",
    ),
    sources=("Bishop, 1995, Training with noise is equivalent to Tikhonov regularization",),
)
