"""What to know about scale and crop."""

from wellfit.regularize.card import Card

SCALE_AND_CROP = Card(
    name="scale_and_crop",
    family="vision",
    title="Cuts a window of drawn area, shape and place out of an image and scales it to the output's size.",
    parameter="scale, the least and the largest area of the window as a share of the image's",
    full=0.3,
    suggested="scale (0.3, 1) for some thousand images, (0.08, 1) for ImageNet and long training, (0.8, 1) where the "
    "thing fills the image; ratio (3/4, 4/3)",
    costs="one bilinear look-up of each pixel of the output; shrunk images are first averaged, by one pass",
    interacts=(
        "things look larger in training than in evaluation: a somewhat larger image at test time helps (Touvron 2019)",
        "a small window may miss the thing that the label names: more label noise, so less label smoothing and mixup",
        "boxes are cut at the window; those of which less than a pixel is left are told as not valid",
    ),
    sources=(
        "He and others, 2019, Bag of tricks for image classification with CNNs, baseline training procedure",
        "Touvron and others, 2019, Fixing the train-test resolution discrepancy",
    ),
)
