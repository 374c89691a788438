"""What is known of gradient clipping."""

from wellfit.regularize.card import Card

CARD = Card(
    name="gradient_clipping",
    family="training",
    title="Scales the gradients of a step together where their norm exceeds a threshold.",
    parameter="max_norm, Euclidean norm of all gradients; weaker the larger it is",
    full=1.0,
    suggested=(
        "1 for transformers (nanoGPT; the Trainer's default), 0.25 for a recurrent language model (awd-lstm-lm); "
        "else measure first, with infinity, and take the 90th percentile."
    ),
    costs="a norm of all gradients and one wait for the device in each step",
    interacts=(
        "mixed precision: before scaler.unscale_ it clips scaled gradients, which is a tiny rate or none",
        "learning rate: where more than half of the steps are clipped the threshold sets the rate; lower the rate",
        "Adam: it divides by the gradients' size, so only steps that differ from the others are weakened",
        "accumulation: clip once, after the last backward",
    ),
    sources=(
        "Lightning issues 9330 and 9599, pytorch/examples issue 1196: clipping before unscale_",
        "nanoGPT and awd-lstm-lm, training scripts; transformers 5.23, TrainingArguments",
    ),
)
