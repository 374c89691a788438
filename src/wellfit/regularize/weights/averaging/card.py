"""What is known of weight averaging."""

from wellfit.regularize.card import Card

CARD = Card(
    name="averaging",
    family="weights",
    title="Evaluates an average of the weights over the steps instead of the last ones.",
    parameter="decay, what is kept of the average in each update",
    full=0.9999,
    suggested=(
        "0.9999 (ConvNeXt), 0.99996 (DeiT), 0.99998 once in 32 steps (torchvision), over runs of hundreds of epochs; "
        "in short runs less: 1 / (1 - decay) updates should be a small part of the run. "
        "0.9999 for diffusion models and the form of the warm-up are recalled, not checked."
    ),
    costs="one copy of the weights, and one pass over them for each update",
    interacts=(
        "batch normalization: averaged weights with stale buffers are worse than none (top-1 53 against 78, timm 245)",
        "learning-rate decay: it replaces a part of it, so the gain is largest at a constant rate",
        "half precision: 1 - decay of a difference is rounded to 0; keep float32 weights",
        "early stopping: measure the metric within swap, and keep the averaged weights",
    ),
    sources=(
        "timm issue 245, ignite issue 2590, pytorch issue 84053: stale buffers",
        "torchvision issue 3995; DeiT, main.py; ConvNeXt, TRAINING.md",
    ),
)
