"""What every method on inputs promises."""

from pathlib import Path

import pytest
import torch
from regularize.specimens import SPECIMENS, Specimen
from torch import Tensor

from wellfit.regularize.catalogue import METHODS
from wellfit.regularize.method import Method

ROOT = Path(__file__).resolve().parents[2] / "src" / "wellfit" / "regularize"

every = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.card.name)
batched = pytest.mark.parametrize(
    "method", [m for m in METHODS if m in SPECIMENS and SPECIMENS[m].batched], ids=lambda m: m.card.name
)


def tensors(result: object) -> list[Tensor]:
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, (tuple, list)):
        return [one for part in result for one in tensors(part)]
    return [one for part in vars(result).values() for one in tensors(part)] if hasattr(result, "__dict__") else []


def equal(one: object, other: object) -> bool:
    pairs = zip(tensors(one), tensors(other), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def called(specimen: Specimen, **options: object) -> object:
    return specimen.make(**options)(*specimen.inputs())


def test_each_method_of_the_catalogue_has_a_specimen() -> None:
    assert set(METHODS) == set(SPECIMENS)


@every
def test_the_card_is_complete_and_named_after_its_folder(method: type[Method]) -> None:
    card = method.card
    assert (ROOT / card.family / card.name / "card.py").is_file()
    assert all((card.title, card.parameter, card.suggested, card.costs, card.interacts, card.sources))


@every
def test_it_changes_something_in_training_mode(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    made = specimen.make(generator=torch.Generator().manual_seed(3))
    assert any(not equal(made(*specimen.inputs()), specimen.inputs()) for _ in range(8))


@every
def test_it_is_off_in_evaluation_mode(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    if specimen.steady:
        assert equal(specimen.make().eval()(*specimen.inputs()), specimen.inputs())
    made = specimen.make().eval()
    assert equal(made(*specimen.inputs()), made(*specimen.inputs()))


@every
def test_strength_zero_is_the_same_as_off(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    off = specimen.make().eval()(*specimen.inputs())
    assert equal(called(specimen, strength=0.0), off)


@every
def test_inputs_stay_as_they_were(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    inputs = specimen.inputs()
    specimen.make(generator=torch.Generator().manual_seed(3))(*inputs)
    assert equal(inputs, specimen.inputs())


@every
def test_dtypes_are_kept(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    still = specimen.make().eval()(*specimen.inputs())
    assert [t.dtype for t in tensors(called(specimen))] == [t.dtype for t in tensors(still)]


@every
def test_one_generator_state_gives_one_result(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    results = [called(specimen, generator=torch.Generator().manual_seed(5)) for _ in range(2)]
    assert equal(*results)


@every
@pytest.mark.parametrize("strength", [-0.1, 1.5, float("nan")])
def test_a_strength_outside_its_range_is_told(method: type[Method], strength: float) -> None:
    with pytest.raises(ValueError, match=r"strength must lie in \[0, 1\], got"):
        SPECIMENS[method].make(strength=strength)


@batched
def test_draws_by_index_do_not_hang_on_the_cut_into_batches(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    inputs = specimen.inputs()
    order = torch.randperm(len(inputs[0]), generator=torch.Generator().manual_seed(2))
    whole = tensors(specimen.make(seed=7)(*inputs, index=torch.arange(len(order)) + 40))
    for rows in order.split(2):
        some = tensors(specimen.make(seed=7)(*(one[rows] for one in inputs), index=rows + 40))
        assert all(torch.equal(few, all_[rows]) for few, all_ in zip(some, whole, strict=True))


@batched
def test_another_epoch_or_seed_gives_other_draws(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    index = torch.arange(len(specimen.inputs()[0]))

    def at(seed: int, epoch: int) -> object:
        made = specimen.make(seed=seed)
        made.set_epoch(epoch)
        return made(*specimen.inputs(), index=index)

    assert equal(at(1, 1), at(1, 1))
    assert any(not equal(at(1, 1), at(1, epoch)) for epoch in range(2, 8))
    assert any(not equal(at(1, 1), at(seed, 1)) for seed in range(2, 8))


@batched
def test_an_index_of_another_length_is_told(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    with pytest.raises(ValueError, match="index must be of shape"):
        specimen.make()(*specimen.inputs(), index=torch.arange(2))


@batched
def test_a_batch_without_samples_stays_one(method: type[Method]) -> None:
    specimen = SPECIMENS[method]
    assert all(len(one) == 0 for one in tensors(specimen.make()(*(one[:0] for one in specimen.inputs()))))
