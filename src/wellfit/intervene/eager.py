"""Run what the program compiles eagerly: lines can be reached there, and no trial waits for a compiler."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import Module

from wellfit.intervene.intervention import wrap


def stay_eager() -> None:
    """Let `torch.compile` make what it makes, and call it uncompiled; where torch cannot, it compiles."""
    if not hasattr(torch.compiler, "set_stance"):  # torch 2.4 and 2.5
        return
    told = False

    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def make(*args: Any, **kwargs: Any) -> Any:
            nonlocal told
            if not told:
                told = True
                torch.compiler.set_stance("force_eager")
            return original(*args, **kwargs)

        return make

    wrap((torch,), "compile", around)
    wrap((Module,), "compile", around)
