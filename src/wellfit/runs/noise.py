"""How far a metric moves from seed to seed, as `wellfit repro` measured it and keeps it beside the runs."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import stdev
from typing import Any

from wellfit.model.record import RunRecord
from wellfit.runs.atomic import write_whole
from wellfit.runs.regular_file import read_regular

NAME = "noise.json"

MOST_BYTES = 2**20
"""Of that file: of some thousand scripts."""


def write_noise(home_runs: Path, script: str, values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Keep the noise of a script's metrics.

    Args:
        home_runs: folder of the runs.
        script: as the user names it.
        values: best value of each metric in runs that differ by their seeds alone.

    Returns:
        Standard deviation by metric, of those with two finite values at least.
    """
    noise = {}
    for name, found in values.items():
        finite = [value for value in found if math.isfinite(value)]
        if len(finite) > 1:
            noise[name] = stdev(finite)
    known = _read(home_runs)
    known[script] = noise
    write_whole(home_runs / NAME, json.dumps(known, indent=1) + "\n")
    return noise


def noise_of(home_runs: Path, first: RunRecord, second: RunRecord) -> dict[str, float]:
    """Standard deviation from seed to seed by metric; empty where nobody has measured it, or scripts differ."""
    if first.script != second.script:
        return {}
    known = _read(home_runs).get(first.script, {})
    return {name: float(value) for name, value in known.items() if _is_noise(value)}


def _is_noise(value: Any) -> bool:
    """The file may have been edited."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def _read(home_runs: Path) -> dict[str, dict[str, float]]:
    try:
        known = json.loads(read_regular(home_runs / NAME, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: noise for name, noise in known.items() if isinstance(noise, dict)} if isinstance(known, dict) else {}
