"""Random numbers that belong to a sample: the same for any number of workers, cut into batches, or device.

A number is a hash of its sample's key, of a stream and of a position in it; no generator's state is kept. The key is a
hash of seed, epoch and the sample's index in the data set, or is drawn where no index is known.
"""

import math
import zlib
from dataclasses import dataclass

import torch
from torch import Tensor

_GOLDEN = 0x9E3779B97F4A7C15 - (1 << 64)
_FIRST = 0xBF58476D1CE4E5B9 - (1 << 64)
_SECOND = 0x94D049BB133111EB - (1 << 64)
"""Constants of SplitMix64 (Steele, Lea, Flood 2014), as signed 64-bit integers, which torch has."""

_WORDS = 1 << 64

_MANTISSA = 24
"""Bits of a float32 in [0, 1): each of its 2**24 values is as likely as another."""


def mix(values: Tensor) -> Tensor:
    """Scatter the bits of int64 numbers: SplitMix64's finalizer, one to one.

    Args:
        values: int64, any shape.

    Returns:
        int64, the same shape.
    """
    z = values + _GOLDEN
    z.bitwise_xor_(_shifted(z, 30)).mul_(_FIRST)
    z.bitwise_xor_(_shifted(z, 27)).mul_(_SECOND)
    return z.bitwise_xor_(_shifted(z, 31))


def mixed(number: int) -> int:
    """The same of one number, as a tensor would have it, without a tensor.

    Args:
        number: any; its lower 64 bits count.
    """
    z = (number + _GOLDEN) % _WORDS
    z = ((z ^ z >> 30) * _FIRST) % _WORDS
    z = ((z ^ z >> 27) * _SECOND) % _WORDS
    z ^= z >> 31
    return z - _WORDS * (z >> 63)


def _shifted(values: Tensor, bits: int) -> Tensor:
    """To the right with zeros from the left, as unsigned integers are."""
    return (values >> bits).bitwise_and_((1 << (64 - bits)) - 1)


@dataclass(frozen=True, slots=True)
class Draws:
    """The random numbers of a batch's samples.

    Args:
        keys: int64, shape (N,), one for each sample.
    """

    keys: Tensor

    @property
    def samples(self) -> int:
        """How many there are, N."""
        return int(self.keys.shape[0])

    def named(self, name: str) -> "Draws":
        """Other numbers for the same samples, so that two methods with one seed do not follow each other.

        Args:
            name: of the method that uses them.
        """
        return Draws(mix(self.keys ^ zlib.crc32(name.encode())))

    def of(self, samples: Tensor | slice) -> "Draws":
        """The numbers of some samples.

        Args:
            samples: int64, shape (n,), or a slice: rows of the batch.
        """
        return Draws(self.keys[samples])

    def bits(self, stream: int, *shape: int) -> Tensor:
        """Hashes, int64, shape (N, *shape).

        Args:
            stream: each use has one of its own, so that none shifts another's numbers.
            shape: numbers of each sample; their places count, in C order.
        """
        places = torch.arange(math.prod(shape), device=self.keys.device)
        starts = mix(self.keys + mixed(stream))
        return mix(starts[:, None] ^ mix(places)[None]).reshape(self.samples, *shape)

    def uniform(self, stream: int, *shape: int) -> Tensor:
        """Float32 in [0, 1), shape (N, *shape); equal on every device, to the last bit."""
        return _shifted(self.bits(stream, *shape), 64 - _MANTISSA).float() * 2.0**-_MANTISSA

    def between(self, stream: int, low: float, high: float, *shape: int) -> Tensor:
        """Float32 in [low, high), shape (N, *shape)."""
        return low + (high - low) * self.uniform(stream, *shape)

    def coins(self, stream: int, p: float, *shape: int) -> Tensor:
        """Bool, shape (N, *shape), True with chance p in [0, 1]."""
        return self.uniform(stream, *shape) < p

    def normal(self, stream: int, *shape: int) -> Tensor:
        """Float32 of mean 0 and variance 1, shape (N, *shape), by Box and Muller.

        Equal on one device whatever the batch; between devices, up to the last bits of log and cos.
        """
        both = self.uniform(stream, 2, *shape)
        radius = (-2 * torch.log1p(-both[:, 0])).sqrt()
        return radius * torch.cos((2 * math.pi) * both[:, 1])


def keyed(index: Tensor, *, seed: int = 0, epoch: int = 0) -> Draws:
    """The numbers of the samples at these places of a data set, in an epoch.

    Args:
        index: int64, shape (N,), each sample's place in its data set.
        seed: of the run.
        epoch: counted from 0; another epoch, other numbers.

    Raises:
        ValueError: if index is no vector of whole numbers.
    """
    if index.dim() != 1 or index.is_floating_point() or index.dtype == torch.bool:
        raise ValueError(f"index must be int64 of shape (N,), got {index.dtype} of shape {tuple(index.shape)}")
    run = mixed(mixed(seed) + epoch)
    return Draws(mix(mix(index.long()).bitwise_xor_(run)))


def drawn(samples: int, *, generator: torch.Generator | None = None, device: torch.device | str = "cpu") -> Draws:
    """Numbers for samples whose places are not known: keys from a generator.

    Args:
        samples: N.
        generator: torch's default one where None. It may live on another device than the samples.
        device: of the samples.
    """
    home = "cpu" if generator is None else generator.device
    top = torch.iinfo(torch.int64).max
    return Draws(torch.randint(top, (samples,), generator=generator, device=home).to(device))
