"""What is known of label smoothing."""

from wellfit.regularize.card import Card

CARD = Card(
    name="label_smoothing",
    family="labels",
    title="Moves a share of each label to all classes alike.",
    parameter="amount, share of a label",
    full=0.2,
    suggested=(
        "0.1 (torchvision's, DeiT's and ConvNeXt's recipes). "
        "0.1 for sequence-to-sequence models from scratch is recalled, not checked."
    ),
    costs="one multiplication and one addition of the targets",
    interacts=(
        "mixup and cutmix: what each moves adds up, see mass_moved; that it should stay near 0.2 is recalled",
        "distillation: a teacher trained with it teaches worse; recalled, not checked",
        "the loss: its least value is above 0, so a loss is only comparable at the same amount",
        "a weighted loss: weights of classes act on the soft targets too",
    ),
    sources=(
        "torchvision issue 3995 and the post on its new recipes",
        "DeiT, main.py; ConvNeXt, TRAINING.md and its scripts",
    ),
)
