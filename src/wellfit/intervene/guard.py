"""Keep a trial run from changing anything outside its copy of the working folder."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import torch

from wellfit.intervene.intervention import wrap
from wellfit.intervene.landlock import confine

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_CHANGES: dict[str, tuple[int, ...]] = {
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.mkdir": (0,),
    "os.rmdir": (0,),
    "os.truncate": (0,),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
    "shutil.move": (0, 1),
    "sqlite3.connect": (0,),
}
"""Audit events of the standard library that change a file, with the positions of its names."""

_CACHES = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HF_HOME", "TORCH_HOME", "MPLCONFIGDIR", "TRITON_CACHE_DIR")


class OutsideCopyError(PermissionError):
    """Raised in the script's own code at the call that would have written."""


class Guard:
    """Refuses every change of a file outside the copy, the temporary folder, and the caches of libraries.

    Changes that Python announces, and `torch.save`, are refused by name. Those of libraries that write in C and of
    other programs are refused by the kernel, where it has Landlock.

    Args:
        root: absolute folder that was copied, which stays as it is wherever it lies. Folders that hold it, or lie in
            it, are not open.
        copy: absolute folder that may be changed.
        allowed: more of them.
        tell: is told of the path that was refused, once for each.
    """

    def __init__(self, root: str, copy: str, allowed: tuple[str, ...], tell: Callable[[str], None]) -> None:
        self._own = tuple(os.path.realpath(folder) for folder in (copy, *allowed))
        kept = os.path.realpath(root)
        free = (os.path.realpath(folder) for folder in _open_to_all())
        self._free = tuple(f for f in free if not _lies_below(kept, (f,)) and not _lies_below(f, (kept,)))
        self._tell = tell
        self._refused: set[str] = set()

    def install(self) -> None:
        """Listen to what Python announces; there is no way back."""
        wrap((torch, torch.serialization), "save", self._around_saving)
        sys.addaudithook(self._hear)
        self.confine()

    def confine(self) -> bool:
        """Have the kernel refuse such changes; False where it cannot, and nothing was changed."""
        return confine((*self._own, *self._free))

    def check(self, path: Any) -> None:
        """Let a change pass, or not.

        Raises:
            OutsideCopyError: the path lies where nothing may be changed.
        """
        name = _name(path)
        if name is None or _lies_below(os.path.realpath(name), (*self._own, *self._free)):
            return
        if name not in self._refused:
            self._refused.add(name)
            self._tell(os.path.abspath(name))
        raise OutsideCopyError(f"a trial run may not change {name}, which lies outside its copy of the folder")

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            if (mode and set(mode) & set("wax+")) or (not mode and isinstance(flags, int) and flags & _WRITING):
                self.check(path)
        elif event in _CHANGES:
            for position in _CHANGES[event]:
                self.check(args[position] if position < len(args) else None)

    def _around_saving(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def save(obj: Any, f: Any, *args: Any, **kwargs: Any) -> Any:
            self.check(f)
            return original(obj, f, *args, **kwargs)

        return save


def _open_to_all() -> Iterator[str]:
    yield tempfile.gettempdir()
    yield "/dev"
    yield "/proc"
    for variable in _CACHES:
        if os.environ.get(variable):
            yield os.environ[variable]
    for name in (".cache", ".config", ".triton", ".torch", ".keras", ".nv"):
        yield os.path.join(os.path.expanduser("~"), name)


def _name(path: Any) -> str | None:
    """The file's name; None for descriptors, open files and databases in memory."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return None
    name = os.fsdecode(path)
    return None if name in ("", ":memory:") or name.startswith("file:") else name


def _lies_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(folder + os.sep) for folder in folders)
