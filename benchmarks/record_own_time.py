"""What a record takes of a run's CPU seconds, counted from within: other work on a machine drowns pairs of runs.

python benchmarks/record_own_time.py                 # some minutes

Around each of our own calls the thread's CPU time is read, from the end of the first 16 steps on, and what a step that
is not heard costs is measured afterwards, in a row, and multiplied. What cannot be seen in this way: the user's code
running slower after ours, for what ours pushed out of the caches.
"""

import argparse
import os
import runpy
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from record_cost import MODELS, TRAIN
from torch.optim.optimizer import _global_optimizer_post_hooks

from wellfit.model.run import WatchSettings
from wellfit.observe import arm as arming_room
from wellfit.observe.pace import Pace
from wellfit.record.arm import arm as keep_record
from wellfit.record.printed import Listener


class Own:
    """CPU seconds of our own calls, those within each other once."""

    def __init__(self) -> None:
        self.seconds = {"heard": 0.0, "printed": 0.0}
        self.began: float | None = None
        self._inside = False

    def counted(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, counted."""

        def call(*args: Any, **options: Any) -> Any:
            if self._inside:
                return function(*args, **options)
            self._inside, began = True, time.thread_time()
            try:
                return function(*args, **options)
            finally:
                self.seconds[what] += time.thread_time() - began
                self._inside = False

        return call

    def begin(self) -> None:
        """From here on."""
        if self.began is None:
            self.began = time.process_time()
            self.seconds = dict.fromkeys(self.seconds, 0.0)


def listen(own: Own) -> None:
    """Count what the seams tell, what is called back, and what is read of lines."""
    arming, pace = arming_room.Arming, Pace
    tell, rest = arming.tell, pace.rest
    arming.tell = lambda self, name: own.counted("heard", tell(self, name))  # type: ignore[method-assign]
    arming._call_back = own.counted("heard", arming._call_back)  # type: ignore[method-assign]  # noqa: SLF001
    Listener._read = own.counted("printed", Listener._read)  # type: ignore[method-assign]  # noqa: SLF001

    def begin(self: Pace) -> None:
        rest(self)
        own.begin()

    pace.rest = begin  # type: ignore[method-assign]


def unheard_s(arming: Any) -> float:
    """Seconds of a step that is not heard: its hook, and a look-up of a loss function."""
    arming.pace.next = 1 << 60
    arming.hear(False)  # noqa: FBT003
    (*_, hook) = _global_optimizer_post_hooks.values()

    def best(work: Callable[[], object]) -> float:
        return min(timeit.repeat(work, number=10_000, repeat=5)) / 10_000

    names = torch._C._nn  # noqa: SLF001
    return best(lambda: hook(None)) + best(lambda: names.cross_entropy_loss) - best(lambda: names.mish)


def measure(model: str, folder: str) -> None:
    """Print a row, in a process of its own."""
    own = Own()
    listen(own)
    stdout, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115, PTH123
    settings = WatchSettings(folder, wanted=("Tracked",), record=True, lean=True)
    arming = arming_room.arm(settings)
    keep_record(settings, arming)
    script = Path(folder) / "train.py"
    script.write_text(TRAIN)
    sys.argv = [str(script), "--model", model, "--epochs", str(MODELS[model])]
    torch.set_num_threads(1)
    runpy.run_path(str(script), run_name="__main__")
    sys.stdout = stdout
    took, steps = time.process_time() - (own.began or 0.0), arming.watch.clock.step
    parts = {**own.seconds, "unheard": steps * unheard_s(arming)}
    shares = " | ".join(f"{100 * seconds / took:.2f}" for seconds in (*parts.values(), sum(parts.values())))
    print(f"| {model} | {1e3 * took / steps:.2f} | {took:.1f} | {steps:,} | {shares} |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", choices=[*MODELS])
    options = parser.parse_args()
    print("| model | ms a step | CPU s | steps | heard, % | printed, % | unheard steps, % | together, % |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for model in (model for model in MODELS if options.only in (None, model)):
        child = os.fork()
        if not child:
            with tempfile.TemporaryDirectory() as folder:
                measure(model, folder)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
