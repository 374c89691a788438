"""Finders of the largest batch size that fits: wellfit, Lightning's scaler in both modes, accelerate's decorator.

    python benchmarks/batch_finders.py            # both limits
    python benchmarks/batch_finders.py --simulated | --real
    python benchmarks/batch_finders.py --real --room 1500 --tasks "CNN, light" --methods wellfit --repeats 3

Simulated: a step needs fixed + each * (values of its padded batch) bytes, both measured on the real training, times
normal noise of 0.3 %, and raises torch.OutOfMemoryError above the limit; five seeds. Real: every method runs in a child
whose RLIMIT_DATA leaves so much room; the largest size is found by bisection, where a size fits that held in three of
three runs. The later run is a training with the longest batch under the same limit. Rows show the median size, the
lowest and the highest ratio, failures and seconds and steps of the median search.
"""

import argparse
import contextlib
import io
import logging
import random
import tempfile
import time
import warnings

import torch
from batch_tasks import LIGHT, MOST, TASKS
from torch import nn
from torch.utils.data import DataLoader

from wellfit.find.batch_size.capacity import search_capacity
from wellfit.find.batch_size.child import in_child
from wellfit.find.batch_size.examples import Examples
from wellfit.find.batch_size.find import find_batch_size
from wellfit.find.batch_size.probe import OUT_OF_MEMORY, Probe
from wellfit.find.loop import Loop
from wellfit.find.snapshot import Snapshot
from wellfit.script.memory import resident_bytes

ROOM = 150_000_000
MB = 10**6
ROOMS = (150, 1500)
"""In MB: of the first, one block of the largest size that the C library's heap keeps is a fifth; of the second 2 %."""

NOISE = 0.003
SEEDS = 5
HELD = 3


class Training:
    """One task: steps of a loop, and an allowance that may refuse them."""

    def __init__(self, name):
        torch.manual_seed(0)
        make, data, self.collate = (TASKS | LIGHT)[name]
        self.model, self.data, self.loss = make(), data(), nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(self.model.parameters())
        self.loop = Loop(self.model, self.loss, [self.optimizer], Snapshot(self.model, self.optimizer))
        self.examples = Examples(self.data, self.collate)
        self.steps, self.refused, self.allowance = 0, 0, None

    def loader(self, size):
        return DataLoader(self.data, batch_size=size, shuffle=True, collate_fn=self.collate)

    def step(self, batch):
        """One step; what is refused is counted and raised."""
        self.steps += 1
        try:
            if self.allowance is not None:
                self.allowance(batch)
                return
            self.loop.run(1, lambda: batch)
        except (RuntimeError, MemoryError):
            self.refused += 1
            raise

    def loss_of_step(self, batch):
        """For those that do the backward themselves."""
        self.steps += 1
        try:
            if self.allowance is not None:
                self.allowance(batch)
                return 0 * next(self.model.parameters()).sum()
            return self.loss(self.model(batch[0]), batch[1])
        except (RuntimeError, MemoryError):
            self.refused += 1
            raise

    def longest_run(self, size):
        """The later run: two steps and an evaluation of the longest batch."""
        if self.allowance is not None:
            for _ in range(2):
                self.step(self.examples.longest(size))
            return True
        self.loop.begin()
        batch = self.examples.longest(size)
        given = iter((batch, tuple(part.clone() for part in batch)))
        self.loop.run(2, lambda: next(given))
        self.loop.evaluate(batch)
        return True


def by_wellfit(training, limit):
    if training.allowance is None:
        found = find_batch_size(
            training.model, training.loader(64), training.loss, training.optimizer,
            memory=resident_bytes() + limit, budget_s=0.1, slowest_s=20,
        )  # fmt: skip
        runs = found.fits.probes
        return found.fits.size, found.fits.out_of_memory, found.probe_s, 2 * len(runs)

    def probe(size):
        batch = training.examples.longest(size)
        try:
            training.step(batch)
        except torch.OutOfMemoryError:
            return Probe(size, 0, OUT_OF_MEMORY)
        return Probe(size, int(training.allowance.last), None, 1e-3)

    found = search_capacity(probe, start=8, most=MOST, limit_bytes=limit)
    return found.size, found.out_of_memory, None, training.steps


def by_accelerate(training, _):
    from accelerate.utils import find_executable_batch_size

    @find_executable_batch_size(starting_batch_size=MOST)
    def train(batch_size):
        for number, batch in enumerate(training.loader(batch_size)):
            training.step(batch)
            if number == 2:
                break
        return batch_size

    return train(), training.refused, None, training.steps


def by_lightning(mode):
    def find(training, _):
        import lightning.pytorch as pl
        from lightning.pytorch.tuner import Tuner

        class Module(pl.LightningModule):
            def __init__(self):
                super().__init__()
                self.batch_size = 2
                self.inner = training.model

            def training_step(self, batch, _):
                return training.loss_of_step(batch)

            def configure_optimizers(self):
                return training.optimizer

            def train_dataloader(self):
                return training.loader(self.batch_size)

        with tempfile.TemporaryDirectory() as folder:
            trainer = pl.Trainer(
                max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
                enable_model_summary=False, default_root_dir=folder,
            )  # fmt: skip
            size = Tuner(trainer).scale_batch_size(Module(), mode=mode)
        return size, training.refused, None, training.steps

    return find


METHODS = {
    "wellfit": by_wellfit,
    "Lightning power": by_lightning("power"),
    "Lightning binsearch": by_lightning("binsearch"),
    "accelerate": by_accelerate,
}


class Allowance:
    """Refuses what needs more than the limit."""

    def __init__(self, fixed, each, limit, seed):
        self.fixed, self.each, self.limit = fixed, each, limit
        self.noise = random.Random(seed)
        self.last = 0.0

    def needed(self, values):
        return self.fixed + self.each * values

    def __call__(self, batch):
        self.last = self.needed(batch[0].numel()) * (1 + self.noise.gauss(0, NOISE))
        if self.last > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate some")


@contextlib.contextmanager
def silence():
    logging.disable(logging.CRITICAL)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def searched(training, method, limit):
    """Size, failures on the way, seconds, steps."""
    began = time.perf_counter()
    with silence():
        size, refused, seconds, steps = METHODS[method](training, limit)
    return size, refused, seconds if seconds is not None else time.perf_counter() - began, steps


def held(training, size, room):
    """Whether the later run holds under a real limit."""
    done, _, _ = in_child(lambda: training.longest_run(size), room_bytes=room, timeout_s=120)
    return bool(done)


def foreseen(training, room):
    """Where the largest size is to be looked for: from two peaks without a limit."""
    small = 64 * max(1, room // ROOM)
    first, second = (
        in_child(lambda n=n: training.longest_run(n), room_bytes=None, timeout_s=60)[1] for n in (small, 4 * small)
    )
    return min(MOST, max(1, int(small + 3 * small * (room - first) / max(second - first, 1))))


def largest_real(training, room):
    """The largest size by bisection; a size fits that held each time."""

    def fits(size):
        return all(held(training, size, room) for _ in range(HELD))

    guess = foreseen(training, room)
    low, high = int(0.9 * guess), min(MOST + 1, int(1.1 * guess) + 1)
    while low and not fits(low):
        low, high = int(0.9 * low), low
    while high <= MOST and fits(high):
        low, high = high, min(MOST + 1, int(1.1 * high) + 1)
    while high - low > max(1, low // 200):
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def shown(name, limit, method, true, tried):
    """One row; `tried` are pairs of what a search found and how many later runs failed of how many."""
    found = sorted((found for found, _ in tried), key=lambda one: one[0])
    size, _, seconds, steps = found[(len(found) - 1) // 2]
    ratios = f"{found[0][0] / true:.3f} to {found[-1][0] / true:.3f}" if len(found) > 1 else f"{size / true:.3f}"
    refused = sum(one[1] for one in found) / len(found)
    failed, runs = (sum(later[part] for _, later in tried) for part in (0, 1))
    texts = (name, limit, method, f"{size} / {true}", ratios, f"{refused:.3g}", f"{failed} of {runs}")
    print(f"| {' | '.join(texts)} | {seconds:.1f} | {steps} |", flush=True)


def line_of(name):
    """Bytes at size 0 and of each value of a padded batch, measured on the real training, and the largest size."""
    training = Training(name)
    first, second = (
        in_child(lambda size=n: training.longest_run(size), room_bytes=None, timeout_s=60)[1] for n in (64, 512)
    )
    values = [training.examples.longest(n)[0].numel() for n in (64, 512)]
    each = (second - first) / (values[1] - values[0])
    fixed = first - each * values[0] + 30e6
    return fixed, each, max(n for n in range(1, MOST + 1) if fixed + each * values[0] / 64 * n <= ROOM)


def refused_later(training, size, runs=20):
    """How many later runs a simulated limit refuses."""
    refused = 0
    for _ in range(runs):
        try:
            training.longest_run(size)
        except torch.OutOfMemoryError:
            refused += 1
    return refused, runs


def simulated(name, methods, seeds):
    fixed, each, true = line_of(name)
    for method in methods:
        tried = []
        for seed in range(seeds):
            training = Training(name)
            training.allowance = Allowance(fixed, each, ROOM, seed)
            torch.manual_seed(seed)
            random.seed(seed)
            found = searched(training, method, ROOM)
            tried.append((found, refused_later(training, found[0])))
        shown(name, "simulated", method, true, tried)


def searched_really(name, method, room):
    """What a method found under a real limit, and how it failed; wellfit sets the limit on its own children."""
    if method == "wellfit":
        return searched(Training(name), method, room), None
    found, _, failed = in_child(lambda: searched(Training(name), method, room), room_bytes=room, timeout_s=300)
    return found, failed


def real(name, methods, room, repeats):
    training = Training(name)
    true = largest_real(training, room)
    limit = f"real, {room // MB} MB"
    for method in methods:
        tried, failures = [], []
        for _ in range(repeats):
            found, failed = searched_really(name, method, room)
            if found is None:
                failures.append(failed)
                continue
            tried.append((found, (sum(not held(training, found[0], room) for _ in range(HELD)), HELD)))
        if tried:
            shown(name, limit, method, true, tried)
        if failures:
            text = f"none in {len(failures)} of {repeats}: {failures[0]}"
            print(f"| {name} | {limit} | {method} | {text} | - | - | - | - | - |", flush=True)


def load_all():
    """What the methods and the first step of an optimizer import must not count as memory of a training."""
    import lightning.pytorch.tuner  # noqa: F401

    parameter = torch.zeros(1, requires_grad=True)
    parameter.sum().backward()
    torch.optim.AdamW([parameter]).step()


def asked_for():
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulated", action="store_true")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--tasks", nargs="*", default=[*TASKS, *LIGHT])
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--room", nargs="*", type=int, default=ROOMS, help="MB of the real limits")
    parser.add_argument("--repeats", type=int, default=3, help="real searches of each method")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="simulated searches of each method")
    return parser.parse_args()


def rooms(name, asked):
    """Those in which the data do not fit whole, and a step does not take long."""
    return [room for room in asked if (room >= ROOMS[1]) == (name in LIGHT)]


def main():
    asked = asked_for()
    torch.set_num_threads(1)
    load_all()
    print("| task | limit | method | size / largest | ratio | out of memory on the way | later | seconds | steps |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in asked.tasks:
        if (asked.simulated or not asked.real) and name in TASKS:
            simulated(name, asked.methods, asked.seeds)
        for room in rooms(name, asked.room) if asked.real or not asked.simulated else ():
            real(name, asked.methods, room * MB, asked.repeats)


if __name__ == "__main__":
    main()
