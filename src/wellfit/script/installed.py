"""Which modules belong to installed distributions, and which to the user."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_NAMES = ("site-packages", "dist-packages")


def is_installed(module: ModuleType) -> bool:
    """Whether a module lies among installed distributions."""
    return _spec_is_installed(getattr(module, "__spec__", None))


def can_be_imported_ahead(name: str) -> bool:
    """Whether a top-level module of this name is part of an installed distribution, and can be found."""
    try:
        return _spec_is_installed(importlib.util.find_spec(name))
    except (ImportError, ValueError, AttributeError):
        return False


def is_users_own(module: ModuleType) -> bool:
    """Whether a module has a file that belongs neither to a distribution nor to Python nor to us."""
    path = getattr(module, "__file__", None)
    return isinstance(path, str) and is_users_own_file(path)


def is_users_own_file(path: str) -> bool:
    """Whether a file belongs neither to a distribution nor to Python nor to us; one without a folder is nobody's."""
    return os.path.isabs(path) and not path.startswith((*_packages(tuple(sys.path)), *_library()))


def lies_in(folder: str, name: str) -> bool:
    """Whether a folder holds a top-level module of this name, in whatever form."""
    try:
        entries = os.listdir(folder)
    except OSError:
        return False
    forms = {name, *(name + suffix for suffix in importlib.machinery.all_suffixes())}
    return not forms.isdisjoint(entries)


def _spec_is_installed(spec: Any) -> bool:
    """Whether what a finder found lies among distributions; a namespace lies there if all of its parts do."""
    origin = getattr(spec, "origin", None)
    places = [origin] if origin else list(getattr(spec, "submodule_search_locations", None) or ())
    return bool(places) and all(place.startswith(_packages(tuple(sys.path))) for place in places)


@functools.lru_cache(maxsize=8)
def _packages(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Folders of installed distributions."""
    import sysconfig

    own = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    found = {*own, *(path for path in paths if os.path.basename(path) in _NAMES)}
    return tuple(path + os.sep for path in sorted(found))


@functools.lru_cache(maxsize=1)
def _library() -> tuple[str, ...]:
    """Folders of Python's own modules, and of ours."""
    import sysconfig

    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return tuple(path + os.sep for path in (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), ours))
