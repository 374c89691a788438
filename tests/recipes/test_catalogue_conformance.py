"""What all recipes promise."""

import pkgutil

import pytest
import torch

from wellfit.recipes import families
from wellfit.recipes.augmenter import augmenter
from wellfit.recipes.catalogue import RECIPES
from wellfit.recipes.recipe import SCALINGS, WARMUPS, Recipe
from wellfit.regularize.weights.weight_decay.kinds import KINDS
from wellfit.schedules.catalogue import BY_NAME as SCHEDULES
from wellfit.schedules.schedule import schedule

RANGES = {
    "lr": (1e-6, 30),
    "batch_size": (1, 65536),
    "weight_decay": (0, 1),
    "layer_decay": (0.5, 1),
    "clip": (0.1, 10),
    "dropout": (0, 0.8),
    "stochastic_depth": (0, 0.5),
    "label_smoothing": (0, 0.2),
    "mixup": (0, 1),
    "cutmix": (0, 1),
    "ema": (0.9, 1),
    "samples": (100, 1e10),
    "epochs": (1, 2000),
}


def named(recipe: Recipe) -> str:
    return recipe.name


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_every_value_has_a_source(recipe: Recipe) -> None:
    assert all(line.source.strip() for _, line in recipe.lines)


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_a_recipe_is_a_preview_exactly_if_a_value_was_not_read(recipe: Recipe) -> None:
    assert recipe.preview == any(not line.read for _, line in recipe.lines)


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_its_optimizer_exists_or_the_recipe_says_what_torch_lacks(recipe: Recipe) -> None:
    make = getattr(torch.optim, recipe.optimizer.value, None)
    assert (make is None) <= bool(recipe.lacks)
    if not recipe.lacks:
        make([torch.zeros(2, requires_grad=True)], lr=recipe.lr.value, **recipe.options.value)


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_its_schedule_exists_and_takes_its_options(recipe: Recipe) -> None:
    assert recipe.schedule.value in SCHEDULES
    optimizer = torch.optim.SGD([torch.zeros(2, requires_grad=True)], lr=0.1)
    schedule(optimizer, recipe.schedule.value, 100, warmup=5, **recipe.schedule_options)


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_its_numbers_are_sane(recipe: Recipe) -> None:
    for name, (low, high) in RANGES.items():
        value = recipe.value(name)
        assert value is None or low <= value <= high, name


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_its_words_are_known(recipe: Recipe) -> None:
    assert recipe.scaling.value in SCALINGS
    assert recipe.warmup_unit in WARMUPS
    assert set(recipe.no_decay.value) <= set(KINDS)
    assert all((recipe.title, recipe.applies))


@pytest.mark.parametrize("recipe", RECIPES, ids=named)
def test_its_augmentation_can_be_built(recipe: Recipe) -> None:
    augment = augmenter(recipe.value("augmentation"))
    if augment is not None:
        images = augment(torch.rand(4, 3, 16, 16))
        assert images.shape == (4, 3, 16, 16)
        assert images.isfinite().all()


def test_every_file_of_families_is_listed() -> None:
    files = [m.name for m in pkgutil.iter_modules(families.__path__)]
    assert len(files) == len(RECIPES) == len({r.name for r in RECIPES})
