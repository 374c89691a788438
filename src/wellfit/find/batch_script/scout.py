"""The first trial run: which loader feeds the training, how many batches a step takes, and whether it learns."""

import math
from dataclasses import dataclass

from wellfit.errors import FinderError
from wellfit.model.batch import TrainingLoader
from wellfit.model.cure import Cure
from wellfit.model.events.batch import BatchesSeen, MemoryPeaked
from wellfit.prove.stage import Stage
from wellfit.prove.trial import TrialRun

LONGEST_S = 600.0
"""Seconds until the scout must have made its steps."""

FEWEST_LOSSES = 3
"""Losses that must be equal for the loss to count as constant."""


@dataclass(frozen=True, slots=True)
class Scouted:
    """What the scout saw.

    Args:
        loader: that trains.
        number: of it, in the order in which loaders are made.
        longest_rows: indices of the largest samples, the largest first; empty where all are alike.
        free_bytes: of the device; None for a CPU.
        base_bytes: the process's own memory before the program's first line.
        step_s: seconds from one optimizer step to the next; of all of the run where it made only one.
        notices: sentences.
    """

    loader: TrainingLoader
    number: int
    longest_rows: tuple[int, ...]
    free_bytes: int | None
    base_bytes: int
    step_s: float
    notices: tuple[str, ...]


def scout(stage: Stage, *, steps: int) -> Scouted:
    """Run the script for a few steps, as it is.

    Args:
        stage: where it runs.
        steps: of all optimizers.

    Raises:
        FinderError: it fails, trains nothing, or its batches cannot have another size.
    """
    run = _run(stage, steps)
    if run.failure is not None and stage.leave_out_what_is_new():
        run = _run(stage, steps)
    _check_run(run)
    seen = run.log.last(BatchesSeen)
    if seen is None or seen.loader is None:
        raise FinderError(
            "no DataLoader feeds the optimizer: batches that the script cuts itself have no size that can be changed"
            " from outside; wellfit.find_batch_size searches in code"
        )
    peaked = run.log.last(MemoryPeaked)
    loader = _loader(seen)
    return Scouted(
        loader=loader,
        number=seen.loader,
        longest_rows=seen.longest_rows,
        free_bytes=seen.free_bytes,
        base_bytes=peaked.base_bytes if peaked else 0,
        step_s=seen.step_s or run.elapsed_s,
        notices=tuple(_notices(seen, loader)),
    )


def _run(stage: Stage, steps: int) -> TrialRun:
    cures = (Cure("plan_batches"), Cure("limit_memory"))
    return stage.run(cures, seed=0, train_steps=steps, score_steps=0, limit_s=LONGEST_S, whole=False)


def _check_run(run: TrialRun) -> None:
    if run.exit_code != 0:
        raise FinderError(f"the script could not be run: {run.failure}", script_failed=True)
    if run.ended is None or not run.ended.trained:
        raise FinderError("no optimizer stepped: the script trains nothing that a batch size could be found for")
    losses = [loss for loss in run.losses if loss is not None]
    if len(losses) >= FEWEST_LOSSES and len(set(losses)) == 1:
        said = "is" if math.isfinite(losses[0]) else "is not finite:"
        raise FinderError(f"the loss {said} {losses[0]:.6g} at each of {len(losses)} steps: nothing is learned from it")


def _loader(seen: BatchesSeen) -> TrainingLoader:
    """The loader in the words of an answer, where it can be searched for."""
    if seen.refusal is not None:
        raise FinderError(f"the batches of the loader that trains cannot have another size: {seen.refusal}")
    size, rows = seen.batch_size or 0, seen.rows or 0
    if rows < 2 * size:
        batches = "one batch" if rows <= size else f"less than two batches of {size:,}"
        raise FinderError(f"the {rows:,} rows of the loader that trains make {batches}: there is nothing to compare")
    main = seen.optimizers[0]
    return TrainingLoader(
        made_at=seen.made_at,
        batch_size=size,
        rows=rows,
        drop_last=seen.drop_last,
        accumulate=max(1, round(seen.draws_a_step)),
        optimizer=main.kind,
        rate=main.rate,
        batch_norm=seen.batch_norms > 0,
        shortest=seen.shortest,
        longest=seen.longest,
        device="cuda" if seen.device == "cuda" else "cpu",
    )


def _notices(seen: BatchesSeen, loader: TrainingLoader) -> list[str]:
    notices = []
    beside = [other for other in seen.others if other.with_gradients]
    if beside and seen.draws_a_step < loader.accumulate:
        notices.append(f"{len(beside)} more loaders are drawn from with gradients on; they keep their sizes")
    if loader.varies and seen.measured < loader.rows:
        notices.append(f"{seen.measured:,} of {loader.rows:,} samples were looked at for the largest ones")
    if len(seen.optimizers) > 1:
        notices.append(f"{len(seen.optimizers)} optimizers step; {loader.optimizer}, with most parameters, speaks")
    return notices
