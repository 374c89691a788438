"""Usual learning rates: each cell of the table, and the recipes within it."""

import pytest

from wellfit.recipes.catalogue import RECIPES
from wellfit.recipes.recipe import Recipe
from wellfit.recipes.usual_rates import usual_rate

OF_BATCH = 256
"""Rates are told for batches of this order; a recipe of 4096 has one of its own."""


@pytest.mark.parametrize(
    ("optimizer", "family", "usual", "unusual"),
    [
        ("Adam", "mlp", (1e-4, 1e-3, 1e-2), (0.1, 1e-6)),
        ("AdamW", "cnn", (1e-4, 1e-3, 1e-2), (0.1, 1.0)),
        ("AdamW", "decoder", (1e-5, 1e-4, 1e-3), (1e-2, 0.1, 1e-7)),
        ("Adam", "vit", (1e-5, 1e-4, 1e-3), (1e-2, 0.1)),
        ("SGD", "cnn", (1e-2, 0.1, 0.5), (1e-5, 10.0)),
        ("SGD", "mlp", (1e-2, 0.1), (1e-5, 1e-4, 5.0)),
        ("SGD", "rnn", (0.1, 1.0, 30.0), (1e-5, 100.0)),
    ],
)
def test_each_cell(optimizer: str, family: str, usual: tuple[float, ...], unusual: tuple[float, ...]) -> None:
    found = usual_rate(optimizer, family)
    assert found is not None
    assert found.low < found.start < found.high
    assert all(map(found.holds, usual))
    assert not any(map(found.holds, unusual))


def test_nothing_is_usual_for_an_optimizer_that_few_use() -> None:
    assert usual_rate("Rprop", "mlp") is None


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_the_rate_of_every_recipe_is_usual(recipe: Recipe) -> None:
    found = usual_rate(recipe.optimizer.value, recipe.family)
    if found is None:
        assert recipe.optimizer.value in {"LAMB", "Muon"}
        return
    reference = recipe.batch_size.value
    many = max(1.0, reference / OF_BATCH)
    scaled = {"linear": many, "sqrt": many**0.5, "none": 1.0}[recipe.scaling.value]
    assert found.holds(recipe.lr.value / scaled)
