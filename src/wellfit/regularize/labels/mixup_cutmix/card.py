"""What is known of mixup and cutmix."""

from wellfit.regularize.card import Card

CARD = Card(
    name="mixup_cutmix",
    family="labels",
    title="Blends pairs of samples, or puts a box of one into the other, and mixes their labels alike.",
    parameter="strength, chance that a sample is mixed",
    full=1.0,
    suggested=(
        "mixup 0.2 and cutmix 1 (torchvision's recipe); mixup 0.8 and cutmix 1 (DeiT, ConvNeXt, MAE's fine-tuning). "
        "Optional for tables (Kadra et al.), with cutmix=0."
    ),
    costs="one more copy of the batch, a gather and a linear interpolation",
    interacts=(
        "label smoothing: what each moves adds up, see mass_moved",
        "short runs: the training loss stays high, and is no measure of the fit any more",
        "accuracy on the training batches: there is no one right class; measure it on plain samples",
        "batch size: a batch of one sample has no pairs",
    ),
    sources=(
        "torchvision issue 3995 and the post on its new recipes",
        "DeiT, main.py; ConvNeXt, TRAINING.md and its scripts; MAE, FINETUNE.md",
        "Kadra et al. 2021, Well-tuned simple nets excel on tabular datasets, code",
        "Zhang et al. 2018, mixup; Yun et al. 2019, CutMix: recalled, not checked",
    ),
)
