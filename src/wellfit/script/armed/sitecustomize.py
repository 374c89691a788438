# ruff: noqa: INP001 - found by its name on PYTHONPATH, no part of the package
"""Found first on PYTHONPATH by every Python below the launched command; hands over to `wellfit.script.child`.

Any Python 3 may load this file, however old, so it stays within the oldest syntax and imports nothing that a bare
interpreter has not imported already: a module of the user's folder that shadows one of the standard library must
still win.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

_HERE = os.path.dirname(os.path.abspath(__file__))
_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))


class _Wellfit:
    """Finds the package `wellfit` that launched this process, whether or not this Python has it installed."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> "ModuleSpec | None":
        if name != "wellfit":
            return None
        specs = (finder.find_spec(name, [_PACKAGES]) for finder in sys.meta_path if finder is not _Wellfit)
        return next((spec for spec in specs if spec is not None), None)


def _leave_no_trace() -> None:
    """Make `sys.path` what it is without us; `os.environ` stays, so that processes below arm as well."""
    sys.path[:] = [entry for entry in sys.path if entry != _HERE]
    sys.path_importer_cache.pop(_HERE, None)


def _arm() -> None:
    if sys.version_info < (3, 10) or "WELLFIT_WATCH" not in os.environ:
        return
    sys.meta_path.insert(0, _Wellfit)
    try:
        from wellfit.script.child import arm

        arm()
    except Exception:  # noqa: BLE001, S110 - the user's program runs on; a missing marker tells the parent
        pass
    finally:
        sys.meta_path.remove(_Wellfit)


def _import_shadowed() -> None:
    """Import the `sitecustomize` that this file hides.

    Where there is none this raises the very ImportError that `site` expects, so that no module stays behind.
    """
    del sys.modules["sitecustomize"]
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401


_leave_no_trace()
_arm()
_import_shadowed()
