"""The gradient noise scale: the batch size from which on a larger one saves few steps."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.9
"""Of the interval, and of |G|^2 being above 0."""

FEWEST = 4
"""Steps without which the scatter of the estimates is unknown."""


@dataclass(frozen=True, slots=True)
class GradientNorms:
    """Squared norms of gradients at the same weights, from batches of two sizes.

    Args:
        small: size of the smaller batches, >= 1.
        big: size of the larger one, > small.
        small_squared: squared norm of a smaller batch's gradient, or the mean of several.
        big_squared: squared norm of the larger batch's gradient.
    """

    small: int
    big: int
    small_squared: float
    big_squared: float

    @property
    def signal(self) -> float:
        """Unbiased estimate of |G|^2, the squared norm of the whole data's gradient; a single one may be negative."""
        return (self.big * self.big_squared - self.small * self.small_squared) / (self.big - self.small)

    @property
    def noise(self) -> float:
        """Unbiased estimate of tr(Sigma), the summed variance of one example's gradient."""
        return (self.small_squared - self.big_squared) / (1 / self.small - 1 / self.big)


@dataclass(frozen=True, slots=True)
class NoiseScale:
    """The simple noise scale tr(Sigma) / |G|^2, in examples.

    Attributes:
        size: the noise scale, an estimate of the critical batch size; None where |G|^2 cannot be told from 0.
        low: lower end of the interval at 90 %, >= 0; None where there is none.
        high: upper end; infinite where |G|^2 cannot be told from 0.
        signal: mean of |G|^2.
        noise: mean of tr(Sigma).
        steps: estimates that went in.
        reason: why there is no size, in a sentence; empty where there is one.
    """

    size: float | None
    low: float | None
    high: float
    signal: float
    noise: float
    steps: int
    reason: str = ""

    def __bool__(self) -> bool:
        return self.size is not None


def noise_scale(norms: Sequence[GradientNorms], confidence: float = CONFIDENCE) -> NoiseScale:
    """Estimate the gradient noise scale from squared gradient norms at two batch sizes.

    tr(Sigma) and |G|^2 are averaged over the steps each for itself, and divided last, since the mean of their ratios is
    biased. The interval is Fieller's for a ratio of two means; it is unbounded exactly where |G|^2 cannot be told
    from 0, and then there is no answer.

    Args:
        norms: one a step, at weights that hardly move from first to last.
        confidence: of the interval, in (0, 1).

    Returns:
        The scale with its interval, or the reason why there is none.

    Raises:
        ValueError: a larger batch is not larger, or a smaller one has no example.

    Example:
        >>> norms = [GradientNorms(8, 64, 1 + e + 100 / 8, 1 + e + 100 / 64) for e in (-0.1, 0, 0.1, -0.1, 0.1)]
        >>> round(noise_scale(norms).size)
        100

    Source:
        McCandlish, Kaplan, Amodei et al. 2018, An empirical model of large-batch training, section 2.2 and appendix
        A.1; https://arxiv.org/abs/1812.06162. Fieller 1954, Some problems in interval estimation.
    """
    wrong = [f"({n.small}, {n.big})" for n in norms if not 1 <= n.small < n.big]
    if wrong:
        raise ValueError(f"batch sizes must be >= 1 and the second above the first, got {', '.join(wrong)}")
    signals, noises = [n.signal for n in norms], [n.noise for n in norms]
    count = len(norms)
    if count < FEWEST:
        return NoiseScale(None, None, math.inf, _mean(signals), _mean(noises), count, f"{count} steps, of {FEWEST}")
    if not all(map(math.isfinite, (*signals, *noises))):
        return NoiseScale(None, None, math.inf, math.nan, math.nan, count, "gradients are not finite")
    return _ratio(signals, noises, confidence)


def _ratio(signals: list[float], noises: list[float], confidence: float) -> NoiseScale:
    signal, noise, count = _mean(signals), _mean(noises), len(signals)
    quantile = student_quantile((1 + confidence) / 2, count - 1)
    interval = fieller(signals, noises, quantile)
    if interval is None:
        error = statistics.stdev(signals) / math.sqrt(count)
        reason = f"|G|^2 cannot be told from 0 after {count} steps: {signal:.3g}, standard error {error:.2g}"
        return NoiseScale(None, None, math.inf, signal, noise, count, reason)
    low, high = interval
    return NoiseScale(max(0.0, noise / signal), max(0.0, low), max(0.0, high), signal, noise, count)


def fieller(below: Sequence[float], above: Sequence[float], quantile: float) -> tuple[float, float] | None:
    """Interval of mean(above) / mean(below) of paired values.

    Args:
        below: two or more.
        above: as many.
        quantile: of Student's distribution.

    Returns:
        Lower and upper end; None where mean(below) is not above 0 by so many standard errors.
    """
    n = len(below)
    b, a = _mean(below), _mean(above)
    vbb, vaa, vab = (_covariance(x, y) / n for x, y in ((below, below), (above, above), (above, below)))
    q = quantile**2
    if b <= 0 or b * b <= q * vbb:
        return None
    lead, half = b * b - q * vbb, a * b - q * vab
    root = math.sqrt(max(0.0, half * half - lead * (a * a - q * vaa)))
    return (half - root) / lead, (half + root) / lead


def student_quantile(p: float, degrees: int) -> float:
    """Quantile of Student's distribution, within 1 % from three degrees of freedom on.

    Source:
        Abramowitz and Stegun, 26.7.5.
    """
    x = statistics.NormalDist().inv_cdf(p)
    v = float(degrees)
    return (
        x
        + (x**3 + x) / (4 * v)
        + (5 * x**5 + 16 * x**3 + 3 * x) / (96 * v**2)
        + (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / (384 * v**3)
    )


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else math.nan


def _covariance(x: Sequence[float], y: Sequence[float]) -> float:
    mx, my = _mean(x), _mean(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / (len(x) - 1)
