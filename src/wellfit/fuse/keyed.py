"""Random numbers that are a function of seed, step and place: the same fused, alone, on any device, in any order."""

from collections.abc import Sequence

import torch
from torch import Tensor

MASK32, MASK64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
WEYL = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: what Steele et al. step the state of SplitMix64 by."""

FIRST, SECOND = -0x7A143595, -0x3D4D51CB
"""Murmur3's two multipliers, 0x85EBCA6B and 0xC2B2AE35, as int32."""


def key(*words: int) -> int:
    """64 bits from whole numbers, by SplitMix64's output function after each.

    Source:
        Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators", figure 17.
    """
    state = 0
    for word in words:
        state = (state ^ (word & MASK64)) + WEYL & MASK64
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK64
        state = (state ^ state >> 27) * 0x94D049BB133111EB & MASK64
        state ^= state >> 31
    return state


def _signed(word: int) -> int:
    return word - (1 << 32) if word >= 1 << 31 else word


def uniforms(keys: Sequence[int], count: int, device: torch.device | str) -> Tensor:
    """Uniform numbers by counter: Murmur3's finalizer over 0, 1, 2 ... with half a key before and half within.

    Args:
        keys: S of 64 bits each.
        count: numbers for each key, >= 0.
        device: where they are made.

    Returns:
        float32, shape (S, count), multiples of 2^-24 in [0, 1).

    Source:
        Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", for the method; Appleby's MurmurHash3 for
        the function.
    """
    halves = torch.tensor([[_signed(k & MASK32), _signed(k >> 32)] for k in keys], dtype=torch.int32, device=device)
    h = torch.arange(count, dtype=torch.int32, device=device) + halves[:, :1]  # (S, count), wraps
    h.bitwise_xor_(h >> 16 & 0xFFFF).mul_(FIRST).add_(halves[:, 1:])
    h.bitwise_xor_(h >> 13 & 0x7FFFF).mul_(SECOND)
    h.bitwise_xor_(h >> 16 & 0xFFFF)
    return (h >> 8 & 0xFFFFFF).to(torch.float32).mul_(2.0**-24)


def normals(keys: Sequence[int], count: int, device: torch.device | str) -> Tensor:
    """Standard normal numbers, by Box and Muller from two uniform ones each; float32, shape (S, count)."""
    u = uniforms(keys, 2 * count, device)
    radius = (1 - u[:, :count]).log_().mul_(-2).sqrt_()
    return radius * torch.cos(u[:, count:].mul_(2 * torch.pi))
