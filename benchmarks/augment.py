"""How fast a batch of images is augmented, and in how much memory: Augment and its rivals, in one process by turns.

The pipeline is flip, rotation by 15 degrees, resized crop from 30 per cent of the area, color jitter (.4, .4, .4, .1)
and noise of 0.05. Times are CPU time of one thread, which is what one worker of a DataLoader delivers; minimum and
median over rounds, in each of which all take their turn. Memory is what a process grows by beyond what it held, at its
peak, in one call after a warm-up with two images.

    PYTHONPATH=src OMP_NUM_THREADS=1 rivals/bin/python benchmarks/augment.py --rounds 15 --json augment.json
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import numpy as np
import torch

from wellfit.regularize.vision.augment.method import Augment

CELLS = {"64 f32": (64, 128, False), "64 u8": (64, 128, True), "224 f32": (224, 32, False), "224 u8": (224, 32, True)}
"""Side in pixels, images in the batch, uint8 or not."""

FULL = {"flip": 0.5, "rotate": 15, "crop": (0.3, 1.0), "color": (0.4, 0.4, 0.4, 0.1), "noise": 0.05}
STATS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

VISION_OPS = [
    "nms",
    "qnms",
    "roi_align",
    "_roi_align_backward",
    "qroi_align",
    "roi_pool",
    "_roi_pool_backward",
    "ps_roi_align",
    "_ps_roi_align_backward",
    "ps_roi_pool",
    "_ps_roi_pool_backward",
    "deform_conv2d",
    "_deform_conv2d_backward",
]
"""Compiled operators of torchvision; beside a torch of another build they are missing, and none of these is used."""


def photographs(side: int, count: int) -> torch.Tensor:
    """Windows of real photographs, uint8, (count, 3, side, side)."""
    from sklearn.datasets import load_sample_images

    random = np.random.default_rng(0)
    photos = load_sample_images().images
    windows = []
    for number in range(count):
        photo = photos[number % len(photos)]
        y, x = (random.integers(length - side) for length in photo.shape[:2])
        windows.append(photo[y : y + side, x : x + side].transpose(2, 0, 1))
    return torch.from_numpy(np.stack(windows)).contiguous()  # stack keeps the layout of files, channels last


def as_batch(images: torch.Tensor) -> torch.Tensor:
    return images


def as_list(images: torch.Tensor) -> list[torch.Tensor]:
    return list(images)


def as_arrays(images: torch.Tensor) -> list[np.ndarray]:
    return [np.ascontiguousarray(image.permute(1, 2, 0).numpy()) for image in images]


def own(**options) -> Callable:
    augment = Augment(**FULL, **options)
    return lambda _: augment


def kornia(side: int) -> Callable:
    import kornia.augmentation as K

    chain = torch.nn.Sequential(
        K.RandomHorizontalFlip(0.5),
        K.RandomRotation(15.0, p=1.0),
        K.RandomResizedCrop((side, side), scale=(0.3, 1.0), p=1.0),
        K.ColorJitter(0.4, 0.4, 0.4, 0.1, p=1.0),
        K.RandomGaussianNoise(0.0, 0.05, p=1.0),
    )
    return lambda batch: chain(batch if batch.is_floating_point() else batch / 255)


def transforms(side: int) -> Callable:
    """torchvision's; GaussianNoise takes floats alone."""
    global _operators  # noqa: PLW0603  the library lives as long as its schemas are wanted
    try:
        import torchvision.transforms.v2 as T
    except RuntimeError:
        for name in [one for one in sys.modules if one.startswith("torchvision")]:
            del sys.modules[name]
        _operators = torch.library.Library("torchvision", "FRAGMENT")
        for name in VISION_OPS:
            if not hasattr(torch.ops.torchvision, name):
                _operators.define(f"{name}(Tensor a) -> Tensor")
        import torchvision.transforms.v2 as T
    return T.Compose(
        [
            T.RandomHorizontalFlip(0.5),
            T.RandomRotation(15, interpolation=T.InterpolationMode.BILINEAR),
            T.RandomResizedCrop(side, scale=(0.3, 1.0), antialias=False),
            T.ColorJitter(0.4, 0.4, 0.4, 0.1),
            T.ToDtype(torch.float32, scale=True),
            T.GaussianNoise(0.0, 0.05),
        ]
    )


def transforms_each(side: int) -> Callable:
    one = transforms(side)
    return lambda images: torch.stack([one(image) for image in images])


def albumentations(side: int) -> Callable:
    import albumentations as A
    import cv2

    cv2.setNumThreads(0)
    chain = A.Compose(
        [
            A.HorizontalFlip(p=0.5),
            A.Rotate(15, border_mode=cv2.BORDER_CONSTANT, p=1.0),
            A.RandomResizedCrop((side, side), scale=(0.3, 1.0), p=1.0),
            A.ColorJitter((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-0.1, 0.1), p=1.0),
            A.GaussNoise(std_range=(0.05, 0.05), p=1.0),
        ]
    )
    return lambda arrays: [chain(image=array)["image"] for array in arrays]


def albumentations_batch(side: int) -> Callable:
    each = albumentations(side)

    def run(arrays: list[np.ndarray]) -> torch.Tensor:
        batch = torch.from_numpy(np.stack(each(arrays))).permute(0, 3, 1, 2)
        return (batch if batch.is_floating_point() else batch / 255).contiguous()

    return run


RUNNERS: dict[str, tuple[Callable, Callable]] = {
    "wellfit, bank": (as_batch, own()),
    "wellfit, fresh noise": (as_batch, own(noise_kind="fresh")),
    "wellfit, bank, normalised": (as_batch, own(normalize=STATS)),
    "kornia": (as_batch, kornia),
    "torchvision, one draw for all": (as_batch, transforms),
    "torchvision, each image": (as_list, transforms_each),
    "albumentations, each image": (as_arrays, albumentations),
    "albumentations, float batch": (as_arrays, albumentations_batch),
}
"""What each takes, and how it is made for images of a side."""


def given(cell: str, runner: str, images: int | None = None) -> tuple[Callable, object]:
    """A runner of a cell and what it is called with."""
    side, count, whole = CELLS[cell]
    photos = photographs(side, images or count)
    take, make = RUNNERS[runner]
    return make(side), take(photos if whole else photos / 255)


def time_cell(cell: str, rounds: int) -> dict[str, list[float]]:
    """Images a second of each runner, in each round."""
    ready = {runner: given(cell, runner) for runner in RUNNERS}
    rates: dict[str, list[float]] = {runner: [] for runner in RUNNERS}
    for number in range(rounds + 1):
        for runner in sorted(ready, key=lambda name: hash((name, number))):
            run, images = ready[runner]
            start = time.process_time()
            run(images)
            elapsed = time.process_time() - start
            if number:  # the first round warms up
                rates[runner].append(CELLS[cell][1] / elapsed)
    return rates


def status_kib(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def grow(cell: str, runner: str) -> float:
    """Peak memory of one call beyond what the process held, as a multiple of the output's."""
    run, images = given(cell, runner)
    run(images[:2])
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before = status_kib("VmRSS")
    result = run(images)
    side, count, _ = CELLS[cell]
    del result
    return (status_kib("VmHWM") - before) * 1024 / (count * 3 * side * side * 4)


def memory(cell: str) -> dict[str, float]:
    """The same of each runner, in a process of its own."""
    command = [sys.executable, __file__, "--grow", cell]
    return {runner: float(subprocess.check_output([*command, runner], text=True)) for runner in RUNNERS}


def table(results: dict[str, dict[str, list[float]]], choose: Callable) -> str:
    lines = ["| images/s per core | " + " | ".join(results) + " |", "|---|" + "---|" * len(results)]
    for runner in RUNNERS:
        cells = []
        for rates in results.values():
            rate, ours = choose(rates[runner]), choose(rates["wellfit, bank"])
            cells.append(f"{rate:,.0f}" + ("" if runner.startswith("wellfit") else f" ({ours / rate:.1f}x)"))
        lines.append(f"| {runner} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cells", nargs="+", default=list(CELLS), choices=list(CELLS))
    parser.add_argument("--memory", action="store_true", help="measure memory instead")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--grow", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if options.grow:
        print(grow(*options.grow))
        return
    print(platform.machine(), platform.python_version(), "torch", torch.__version__)
    if options.memory:
        for cell in options.cells:
            print(cell, {runner: round(times, 2) for runner, times in memory(cell).items()}, flush=True)
        return
    results = {cell: time_cell(cell, options.rounds) for cell in options.cells}
    print("best round\n" + table(results, max))
    print("median round\n" + table(results, statistics.median))
    if options.json:
        options.json.write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
