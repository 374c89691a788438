"""ResNets by the RSB recipes."""

from wellfit.recipes.recipe import Line, Recipe

RSB = "Westlake-AI/openmixup:configs/classification/imagenet/resnet/resnet50_rsb_a1_sz224_8xb256_ep600.py"

RECIPE = Recipe(
    name="resnet-lamb",
    family="cnn",
    title="ResNet by RSB A1: LAMB with cosine, binary cross-entropy, mixup and cutmix",
    applies="asked for by name; 600 epochs of ImageNet",
    optimizer=Line("LAMB", RSB),
    options=Line({}, RSB),
    lr=Line(5e-3, RSB),
    batch_size=Line(2048, RSB),
    scaling=Line("sqrt", "huggingface/pytorch-image-models:train.py, lr_base_scale for LAMB"),
    schedule=Line("cosine", RSB),
    warmup=Line(5, RSB),
    warmup_unit="epochs",
    weight_decay=Line(0.01, RSB),
    no_decay=Line(("norm", "bias", "1d"), RSB),
    stochastic_depth=Line(0.05, RSB),
    mixup=Line(0.2, RSB),
    cutmix=Line(1.0, RSB),
    samples=Line(1_281_167, "ImageNet-1k, training set"),
    epochs=Line(600, RSB),
    lacks="LAMB is not in torch.optim",
    aside="A3, 100 epochs, takes 8e-3 (open-mmlab/mmpretrain:configs/resnet/resnet50_8xb256-rsb-a3-100e_in1k.py)",
)
