"""`shift_and_noise`: moves by whole pixels and noise, in training alone."""

import pytest
import torch

from wellfit.regularize.vision.shift_and_noise import shift_and_noise


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_images_are_moved_by_whole_pixels_up_to_a_fifth_of_their_size() -> None:
    images = torch.zeros(2000, 1, 21, 21)
    images[:, :, 10, 10] = 1e4  # noise is a share of the deviation, which is far less
    moved = shift_and_noise(images, 1.0, generator=seeded())
    peaks = moved.flatten(1).argmax(1)
    rows, columns = peaks // 21 - 10, peaks % 21 - 10
    assert (moved.amax((1, 2, 3)) > 9e3).all()
    assert (rows.abs().max(), columns.abs().max()) == (4, 4)
    assert set(rows.tolist()) == set(range(-4, 5))


def test_noise_has_a_share_of_the_deviation_of_the_batch() -> None:
    images = torch.randn(64, 3, 16, 16, generator=seeded()) * 7
    gentle = 1e-3  # too little to move by a pixel
    noise = shift_and_noise(images, gentle, generator=seeded()) - images
    assert float(noise.std() / images.std()) == pytest.approx(0.3 * gentle, rel=0.02)


def test_evaluations_see_the_images_themselves() -> None:
    images = torch.rand(2, 1, 4, 4)
    assert shift_and_noise(images, 0.5, training=False) is images
    assert shift_and_noise(images, 0.0) is images
    with torch.no_grad():
        assert shift_and_noise(images, 0.5) is images


def test_numbers_come_from_the_generator_and_no_other() -> None:
    images = torch.rand(4, 1, 8, 8)
    before = torch.get_rng_state()
    one, two = (shift_and_noise(images, 0.5, generator=seeded()) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(shift_and_noise(images, 0.5), one)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_dtype_stays_and_gradients_flow(dtype: torch.dtype) -> None:
    images = torch.rand(2, 1, 8, 8, dtype=dtype, requires_grad=True)
    moved = shift_and_noise(images, 0.5)
    moved.float().sum().backward()
    assert moved.dtype == dtype
    assert images.grad is not None


@pytest.mark.parametrize(
    ("images", "strength", "error"),
    [
        (torch.rand(2, 1, 4, 4), 1.5, ValueError),
        (torch.rand(2, 4, 4), 0.5, ValueError),
        (torch.zeros(2, 1, 4, 4, dtype=torch.uint8), 0.5, TypeError),
    ],
)
def test_what_makes_no_sense_is_refused(images: torch.Tensor, strength: float, error: type[Exception]) -> None:
    with pytest.raises(error):
        shift_and_noise(images, strength)
