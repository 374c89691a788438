"""Train many trials of one task, at once where that is quicker."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from torch import nn

from wellfit.errors import UsageError, raise_all
from wellfit.fuse.anatomy import Anatomy, observed
from wellfit.fuse.built import Group, Site, Trial, build, by_value, groups
from wellfit.fuse.feed import Feed
from wellfit.fuse.nested import tensors
from wellfit.fuse.probe import Decision, decide
from wellfit.fuse.progress import Progress
from wellfit.fuse.result import FusedResult, Point
from wellfit.fuse.runners import AtOnce, InTurn, Runner
from wellfit.fuse.settings import steps_of, unread
from wellfit.fuse.task import FusedTask, Setting

DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)

OnReport = Callable[[int, Mapping[int, Point]], Iterable[int] | None]
"""From the steps made and the reports of all trials under way, by index, to the indices of those to prune."""


def train_fused(  # noqa: PLR0913  # all but two are options
    task: FusedTask,
    settings: Sequence[Setting],
    *,
    seeds: Sequence[int] = (0,),
    report_every: int | None = None,
    on_report: OnReport | None = None,
    fused: bool | None = None,
    most: int | None = None,
    states: bool = False,
    tested: bool = False,
) -> list[FusedResult]:
    """Train every setting with every seed.

    Trials whose models have one structure are trained at once, after a few steps of both ways have shown that this is
    quicker and gives the same losses; the others one after another. A trial's numbers are a function of its setting and
    its seed alone.

    Args:
        task: what is trained.
        settings: hyperparameters by name: those of `wellfit.fuse.settings.KNOWN`, "schedule", and what `build` reads.
        seeds: distinct whole numbers.
        report_every: steps between two reports, >= 1; None for one report at the end.
        on_report: is called with each report, and may prune.
        fused: True for at once wherever it can be done, False for never; None measures.
        most: trials at once at most, >= 1; None leaves it to the memory.
        states: whether results have the trained parameters.
        tested: whether trials that come to their end are measured on the task's test batches there.

    Returns:
        One result for each setting and seed, settings first.

    Raises:
        UsageError: a name that nothing reads, or a value out of range; all mistakes at once.
    """
    raise_all(list(_mistakes(task, seeds, report_every, most)))
    trials = _trials(task, settings, seeds)
    progress = Progress(trials, states=states)
    runners = []
    for group in groups(trials):
        for part, decision, anatomy in _decided(task, group, fused=fused, most=most):
            progress.decided(part, decision)
            runners += _runners(task, part, decision, anatomy)
    every = report_every or task.steps
    for done in range(0, task.steps, every):
        _advance(task, runners, progress, min(every, task.steps - done))
        pruned = set(on_report(min(done + every, task.steps), progress.latest()) or ()) if on_report else set()
        runners = progress.pruned(runners, pruned)
        if not runners:
            break
    if tested and task.test:
        for runner in runners:
            progress.tested(runner, runner.evaluate(task.test))
    return progress.results(runners)


def _mistakes(task: FusedTask, seeds: Sequence[int], report_every: int | None, most: int | None) -> Iterator[str]:
    if not seeds or len(set(seeds)) < len(seeds):
        yield f"seeds must be distinct whole numbers, at least one, got {list(seeds)}"
    if report_every is not None and not 1 <= report_every <= task.steps:
        yield f"report_every must lie in [1, {task.steps}], the steps of a trial, got {report_every}"
    if most is not None and most < 1:
        yield f"most must be >= 1, got {most}"


def _trials(task: FusedTask, settings: Sequence[Setting], seeds: Sequence[int]) -> list[Trial]:
    steps = steps_of(task, settings)
    read: set[str] = set()
    made = [
        Trial(i * len(seeds) + j, setting, seed, step, build(task, setting, seed, read))
        for i, (setting, step) in enumerate(zip(settings, steps, strict=True))
        for j, seed in enumerate(seeds)
    ]
    raise_all(list(unread(settings, read)))
    return made


def _decided(
    task: FusedTask, group: Group, *, fused: bool | None, most: int | None
) -> Iterator[tuple[Group, Decision, Anatomy]]:
    """How a group is trained; where numbers in its modules keep it from being stacked, how its parts are."""
    first = group.trials[0]
    batch = Feed(task, [first.seed]).next()
    anatomy = observed(task, first, batch)
    _check_effects(group, anatomy, noisy=any(t.is_floating_point() for t in tensors(batch[0])))
    decision = Decision(fused=False, reason="fused=False was asked for", most=1)
    if fused is not False:
        decision = decide(task, group, anatomy, most=most, asked=fused is True)
    others = {site for site in group.varied if not _is_dropout(first, site)}
    if decision.refused and others:
        for part in by_value(group, others):
            yield from _decided(task, part, fused=fused, most=most)
    else:
        yield group, decision, anatomy


def _is_dropout(trial: Trial, site: Site) -> bool:
    """Whether a number is the chance of a dropout module, which stacking never stumbles over."""
    return isinstance(trial.model.get_submodule(site[0]), DROPOUTS)


def _check_effects(group: Group, anatomy: Anatomy, *, noisy: bool) -> None:
    """A hyperparameter that moves nothing is a mistake.

    Raises:
        UsageError: smoothing without a cross-entropy, or noise on inputs that are whole numbers.
    """
    numbers = [trial.step.numbers for trial in group.trials]
    mistakes = []
    if any(n["label_smoothing"] for n in numbers) and not anatomy.smooths:
        mistakes.append("label_smoothing is set, but the loss calls no cross_entropy that could take it")
    if any(n["input_noise"] for n in numbers) and not noisy:
        mistakes.append("input_noise is set, but the inputs are whole numbers")
    if mistakes:
        raise UsageError(*mistakes)


def _runners(task: FusedTask, group: Group, decision: Decision, anatomy: Anatomy) -> list[Runner]:
    if not decision.fused:
        return [InTurn(task, group.trials)]
    return [AtOnce(task, part, anatomy) for part in group.parts(decision.most)]


def _advance(task: FusedTask, runners: Sequence[Runner], progress: Progress, steps: int) -> None:
    for runner in runners:
        progress.trained(runner, runner.advance(steps))
        if task.validation:
            progress.measured(runner, runner.evaluate(task.validation))
