"""`[tool.wellfit]` of the nearest pyproject.toml."""

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellfit.errors import UsageError, raise_all

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

KEYS = ("select", "ignore", "steps")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project asks for; an option on the command line takes the place of its setting.

    Args:
        select: ids, names or families of rules.
        ignore: the same.
        steps: optimizer steps after which the script ends; None for no budget.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    steps: int | None = None


def read_settings(folder: Path) -> Settings:
    """The settings from the nearest pyproject.toml with a `[tool.wellfit]`, from this folder upwards.

    Raises:
        UsageError: the file is no TOML, or holds settings that do not exist or have the wrong type.
    """
    for above in (folder, *folder.parents):
        table = _table(above / "pyproject.toml")
        if table is not None:
            return _settings(table, above / "pyproject.toml")
    return Settings()


def _table(file: Path) -> Any:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("wellfit")
    except OSError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError) as error:
        raise UsageError(f"{file}: {error}") from error


def _settings(table: Any, file: Path) -> Settings:
    if not isinstance(table, dict):
        raise UsageError(f"{file}: tool.wellfit must be a table")
    raise_all([f"{file}: [tool.wellfit] {mistake}" for mistake in _mistakes(table)])
    return Settings(tuple(table.get("select", ())), tuple(table.get("ignore", ())), table.get("steps"))


def _mistakes(table: Mapping[str, Any]) -> list[str]:
    unknown = [f"{key} is no setting{_nearest(key)}" for key in table if key not in KEYS]
    lists = [
        f"{key} must be a list of strings, got {table[key]!r}"
        for key in ("select", "ignore")
        if key in table and not _is_list_of_strings(table[key])
    ]
    return unknown + lists + _mistakes_of_steps(table.get("steps"))


def _is_list_of_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _mistakes_of_steps(steps: Any) -> list[str]:
    if steps is None or (type(steps) is int and steps >= 1):
        return []
    return [f"steps must be a whole number >= 1, got {steps!r}"]


def _nearest(key: str) -> str:
    close = difflib.get_close_matches(key, KEYS, n=1)
    return f" (did you mean {close[0]}?)" if close else f" (there are {', '.join(KEYS)})"
