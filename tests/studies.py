"""Small studies, and a worker on one that needs no script: a process that can be killed at any moment."""

import contextlib
import math
import os
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialTold
from wellfit.tune.study.beats import named_worker
from wellfit.tune.study.ledger import Ledger

KNOBS = (Knob("lr", low=1e-5, high=1.0, log=True), Knob("dropout", low=0.0, high=0.6))


def plan_of(trials: int, **others: Any) -> StudyPlan:
    """Of a study that asks for no script."""
    known = {"knobs": KNOBS, "sampler": "random", "points": 3}
    return StudyPlan(
        **{
            "name": "small", "words": ("python", "x.py"), "folder": "/", "script": "x.py", "metric": "val_loss",
            "higher_is_better": False, "trials": trials, **known, **others,
        }
    )  # fmt: skip


def value_of(values: Any) -> float:
    """Lowest at a rate of 0.01 without dropout."""
    return 5.0 if not values else (math.log10(values["lr"]) + 2) ** 2 + values["dropout"]


def worker(place: str, name: str, stream: int, seconds: float) -> None:
    ledger = Ledger.open(place, name, stream=stream, is_patient=True)
    with named_worker() as me, contextlib.closing(ledger):
        while True:
            setting = ledger.ask(me, "/copy")
            if setting is None:
                ledger.ended()
                if ledger.is_over():
                    return
                time.sleep(0.05)
                continue
            value = value_of(setting.values)
            ended = False
            for past in range(3, 0, -1):
                time.sleep(seconds / 3)
                ended = ended or ledger.note([value + past])
            ledger.tell(TrialTold("pruned" if ended else "done", value, points=3, seconds=seconds))
            print(setting.slot, setting.attempt, flush=True)


class Ledgers:
    """Makes and opens studies; a context manager that lets go of their databases."""

    def __init__(self) -> None:
        self._made: list[Ledger] = []

    def create(self, place: str, plan: StudyPlan) -> Ledger:
        self._made.append(Ledger.create(place, plan))
        return self._made[-1]

    def open(self, place: str, name: str | None = "small", **options: Any) -> Ledger:
        self._made.append(Ledger.open(place, name, **options))
        return self._made[-1]

    def __enter__(self) -> "Ledgers":  # noqa: PYI034 - `Self` is of Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        for ledger in self._made:
            ledger.close()


class Crew:
    """Worker processes, forked from this one; a context manager that leaves none behind.

    Args:
        place: of the study.
        log: file for what they print: slot and attempt of each trial, once its end is told.
        seconds: of a trial.
    """

    def __init__(self, place: str, log: Path, seconds: float) -> None:
        self._place, self._log, self._seconds, self._started = place, log, seconds, 0
        self.members: list[int] = []

    def start(self) -> None:
        self._started += 1
        pid = os.fork()
        if pid == 0:
            self._be_worker()
        self.members.append(pid)

    def _be_worker(self) -> None:
        """Never returns: a forked test runner that went on would run the tests again."""
        code = 1
        try:
            number = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(number, 1)
            os.dup2(number, 2)
            sys.stdout = os.fdopen(1, "w", closefd=False)
            worker(self._place, "small", self._started, self._seconds)
            code = 0
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)

    def kill(self, which: int) -> None:
        pid = self.members.pop(which % len(self.members))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def wait(self, limit_s: float) -> list[int]:
        """What they exit with."""
        deadline, codes = time.monotonic() + limit_s, []
        while self.members and time.monotonic() < deadline:
            pid, status = os.waitpid(self.members[0], os.WNOHANG)
            if pid:
                codes.append(os.waitstatus_to_exitcode(status))
                self.members.pop(0)
            else:
                time.sleep(0.05)
        return codes

    def __enter__(self) -> "Crew":  # noqa: PYI034 - `Self` is of Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        while self.members:
            self.kill(0)


def told_in(log: Path) -> Counter[int]:
    """How often each slot was told by workers that lived to say so."""
    return Counter(int(line.split()[0]) for line in log.read_text().splitlines() if line[:1].isdigit())
