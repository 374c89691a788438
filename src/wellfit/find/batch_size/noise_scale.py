"""The gradient noise scale: the batch size from which on a larger one saves few steps."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.9
"""Of the interval, and of |G|^2 being above 0."""

FEWEST = 4
"""Steps without which the scatter of the estimates is unknown."""

BESIDE = 2
"""Places on either side whose squared norms count in a place's unit: its own alone scatters with what it divides."""


@dataclass(frozen=True, slots=True)
class GradientNorms:
    """Squared norms of gradients at the same weights, from batches of two sizes.

    Args:
        small: size of the smaller batches, >= 1.
        big: size of the larger one, > small.
        small_squared: squared norm of a smaller batch's gradient, or the mean of several.
        big_squared: squared norm of the larger batch's gradient, which consists of smaller ones.
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
    """The simple noise scale tr(Sigma) / |G|^2 along a training, as the batch size at which half of the work is noise.

    Attributes:
        size: the critical batch size, with which a training takes twice the fewest steps: the noise scale, or of rows
            that are not repeated scale * rows / (scale + rows); None where |G|^2 cannot be told from 0.
        low: lower end of the interval at 90 %, >= 0; None where there is none.
        high: upper end; infinite where |G|^2 cannot be told from 0.
        signal: mean share of |G|^2 in the squared norm of a smaller batch's gradient, in [0, 1] but for chance.
        noise: mean of tr(Sigma) as a multiple of that squared norm.
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


def noise_scale(norms: Sequence[GradientNorms], rows: int | None = None, confidence: float = CONFIDENCE) -> NoiseScale:
    """Estimate the critical batch size of a training from squared gradient norms at two batch sizes along it.

    A step of B examples gets as far as |G|^2 / (|G|^2 + tr(Sigma) / B) steps of all of them. The scale is its mean over
    those: tr(Sigma) and |G|^2 of each place are taken in units of the squared norm of a smaller batch's gradient there,
    averaged each for itself, and divided last, since the mean of their ratios is biased. The interval is Fieller's for
    a ratio of two means; it is unbounded exactly where |G|^2 cannot be told from 0, and then there is no answer.

    Batches of an epoch have no row twice. Their noise is tr(Sigma) (1 / B - 1 / rows), and none with all rows.

    Args:
        norms: one a place, at equal distances along a training with batches of the smaller size; no row is in two
            batches of one place.
        rows: in the data, at least as many as in a larger batch; None where they have no end.
        confidence: of the interval, in (0, 1).

    Returns:
        The size with its interval, or the reason why there is none.

    Raises:
        ValueError: a larger batch is not larger, a smaller one has no example, or a larger one has more than all rows.

    Example:
        >>> norms = [GradientNorms(8, 64, 1 + e + 100 / 8, 1 + e + 100 / 64) for e in (-0.1, 0, 0.1, -0.1, 0.1)]
        >>> round(noise_scale(norms).size)
        100

    Source:
        McCandlish, Kaplan, Amodei et al. 2018, An empirical model of large-batch training, section 2.2, appendices A.1
        and D (steps and examples summed over a training whose noise scale changes);
        https://arxiv.org/abs/1812.06162. Cochran 1977, Sampling techniques, theorem 2.2, for rows that are not
        repeated. Fieller 1954, Some problems in interval estimation.
    """
    wrong = [f"({n.small}, {n.big})" for n in norms if not 1 <= n.small < n.big <= (rows or n.big)]
    if wrong:
        most = "" if rows is None else f", with {rows} rows at most"
        raise ValueError(f"batch sizes must be >= 1 and the second above the first{most}, got {', '.join(wrong)}")
    if not all(math.isfinite(n.small_squared + n.big_squared) for n in norms):
        return _without(math.nan, math.nan, len(norms), "gradients are not finite")
    moving = [n for n in norms if n.small_squared > 0]  # where there is no gradient at all a step gets nowhere
    if len(moving) < FEWEST:
        return _without(math.nan, math.nan, len(moving), f"{len(moving)} steps, of {FEWEST}")
    left_out = 0.0 if rows is None else 1 / rows
    units = _units([n.small_squared for n in moving])
    noises = [n.noise / unit for n, unit in zip(moving, units, strict=True)]
    signals = [n.signal / u + noise * left_out for n, u, noise in zip(moving, units, noises, strict=True)]
    return _ratio(signals, noises, left_out, confidence)


def _units(squares: list[float]) -> list[float]:
    """Mean squared norm around each place."""
    return [_mean(squares[max(0, i - BESIDE) : i + BESIDE + 1]) for i in range(len(squares))]


def _ratio(signals: list[float], noises: list[float], left_out: float, confidence: float) -> NoiseScale:
    """Noise over signal and the share of noise that a batch of all rows has no more."""
    count = len(signals)
    below = [signal + noise * left_out for signal, noise in zip(signals, noises, strict=True)]
    signal, noise = _mean(signals), _mean(noises)
    quantile = student_quantile((1 + confidence) / 2, count - 1)
    interval = fieller(below, noises, quantile)
    error = statistics.stdev(signals) / math.sqrt(count)
    if interval is None or signal <= quantile * error:
        reason = f"|G|^2 cannot be told from 0 after {count} steps: {signal:.3g}, standard error {error:.2g}"
        return _without(signal, noise, count, reason)
    low, high = interval
    return NoiseScale(max(0.0, noise / _mean(below)), max(0.0, low), max(0.0, high), signal, noise, count)


def _without(signal: float, noise: float, count: int, reason: str) -> NoiseScale:
    return NoiseScale(None, None, math.inf, signal, noise, count, reason)


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
