"""Brings records of older versions to the form of today, one version after the other."""

import shlex
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from wellfit.model.record import SCHEMA

Plain = dict[str, Any]
"""A record as JSON holds it."""


def migrate(plain: Plain) -> tuple[Plain, tuple[str, ...]]:
    """The record in the form of `SCHEMA`, and what to say about it.

    A record of a newer version is left as it is: what we know of it is shown, and it is never written again.

    Raises:
        ValueError: its version is no number, or it lacks what its version has.
    """
    version = plain.get("schema", 0)
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise ValueError(f"its schema is {version!r}")
    if version > SCHEMA:
        return plain, (f"written by a newer wellfit (schema {version}, known up to {SCHEMA}): some of it is not shown",)
    for step in range(version, SCHEMA):
        try:
            plain = {**MIGRATIONS[step](plain), "schema": step + 1}
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"it is no record of schema {step}: {error!r}") from error
    return plain, ()


def is_newer(plain: Mapping[str, Any]) -> bool:
    """Whether a newer version wrote it, which may have put in what would be lost if it were written again."""
    return bool(plain.get("schema", 0) > SCHEMA)


def _from_0(plain: Plain) -> Plain:
    """The flat form of before the first release: one string for the command, seconds since 1970, last values only."""
    known = {name: plain[name] for name in ("id", "kind", "script", "status", "pid")}
    started = datetime.fromtimestamp(plain["time"], timezone.utc)
    return known | {
        "words": shlex.split(plain["command"]),
        "folder": plain["cwd"],
        "started": started.isoformat(timespec="microseconds"),
        "exit_code": plain.get("exit_code"),
        "elapsed_s": plain.get("seconds"),
        "options": [
            {"name": name, "value": value, "default": None, "source": "unknown"}
            for name, value in plain.get("options", {}).items()
        ],
        "metrics": [_metric_from_0(name, value) for name, value in plain.get("metrics", {}).items()],
    }


def _metric_from_0(name: str, value: float) -> Plain:
    return {
        "name": name,
        "source": "reported",
        "count": 1,
        "first": value,
        "last": value,
        "best": value,
        "best_step": 0,
        "last_step": 0,
    }


MIGRATIONS: tuple[Callable[[Plain], Plain], ...] = (_from_0,)
"""From each version to the next one, by the version that is left."""
