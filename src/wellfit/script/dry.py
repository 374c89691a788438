"""A dry child: it ends where its script has parsed its command line, and has told what the parser takes.

Imported before the program: it imports nothing that a bare interpreter has not imported already.
"""

from __future__ import annotations

import os
import sys

from wellfit.script.finder import ModuleFinder
from wellfit.script.parsers import PARSERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from wellfit.script.parsers import Parse


def end_where_parsed(file: str) -> None:
    """From here on this process writes what parsers take, and ends with the first whole parse, or before it trains.

    A parser that a launcher calls (torchrun, accelerate) is not the script's, and is passed over.

    Args:
        file: absolute; made anew with each call of a parser, and left away where there is none.
    """
    PARSERS.hear()
    PARSERS.tell_to(lambda parse: _note(parse, file))
    sys.meta_path.insert(0, ModuleFinder("torch", lambda _: _end_before_training()))


def _note(parse: Parse, file: str) -> None:
    from importlib import import_module

    if not _is_called_by_user(sys._getframe()):
        return
    import_module("wellfit.record.dry").note(parse, file)
    if parse.whole:
        _end()


def _is_called_by_user(frame: FrameType | None) -> bool:
    """Whether some caller lies in a file that is neither installed nor a program that an installed package made."""
    import sysconfig

    from wellfit.script.installed import is_users_own_file

    programs = sysconfig.get_path("scripts") + os.sep
    while frame is not None:
        path = frame.f_code.co_filename
        if is_users_own_file(os.path.abspath(path)) and not path.startswith(("<", programs)):
            return True
        frame = frame.f_back
    return False


def _end_before_training() -> None:
    from torch.nn.modules.module import register_module_forward_pre_hook

    register_module_forward_pre_hook(_end)


def _end(*_: Any) -> None:
    """At once: what the script has registered for its end is for runs that were real."""
    os._exit(0)
