"""`wellfit tune`: regularizers, learning rate and the script's own options, searched together."""

import math
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wellfit.cli.options import files_option
from wellfit.cli.proving import Duration
from wellfit.errors import FinderError, UsageError, raise_all
from wellfit.model.study import SAMPLERS, USUAL_TRIALS

if TYPE_CHECKING:
    from wellfit.model.knob import Knob
    from wellfit.model.record import RunRecord
    from wellfit.model.study import StudyPlan, TrialSeen
    from wellfit.model.tuned import Tuned
    from wellfit.tune.outcome.answer import Listener
    from wellfit.tune.places.placed import Placed
    from wellfit.tune.search import TuneTerms

AUTO = -1
"""As many workers as there is room for."""

_CLUSTER = re.compile(r"(ray://)?[\w.-]+:\d+|\[[0-9a-fA-F:]+\]:\d+")

EXAMPLES = """\b
Examples:
  wellfit tune train.py --lr log:1e-5..1 --weight-decay log:1e-5..1 --dropout 0..0.6
  wellfit tune train.py                        the regularizers that the script shows, and its rate
  wellfit tune train.py --epochs 5 --width int:32..256 --metric val_acc --trials 40
  wellfit tune train.py --workers auto         one trial on each core, or each GPU
  wellfit tune train.py -o tune.html           the same as one page: curves, slices, all trials
  wellfit tune --resume                        go on with the last search, after Ctrl-C too
  wellfit tune --resume --diff                 what would write its best setting into the script; --apply writes it
  wellfit tune train.py --ray                  on a Ray cluster, one trial on each CPU, or each GPU
  wellfit tune torchrun --nproc-per-node 2 train.py --lr log:1e-4..1     every trial is the whole command
  wellfit tune train.py --storage postgresql://user@host/studies     and `wellfit worker` elsewhere

\b
A range is LOW..HIGH, log:LOW..HIGH, int:LOW..HIGH or choice:A,B,C. A name that the script has an option of is that
option; else lr, weight-decay, timescale, dropout, label-smoothing, augment, clip and schedule are set in the running
script. Words that are no range and no option of ours are the script's own, and so is all that follows `--`.

\b
Exit codes: 0 searched; 1 part of the setting has to be written by hand; 2 usage error, or nothing that could be
searched; 3 the script itself failed; 130 interrupted.
"""


class TuneCommand(click.Command):
    """A command that leaves what it does not know to the script."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """All words behind `--` are the script's."""
        cut = args.index("--") if "--" in args else len(args)
        ctx.obj = tuple(args[cut:])
        return super().parse_args(ctx, list(_with_cluster(args[:cut])))


def _with_cluster(args: Sequence[str]) -> Iterator[str]:
    """The words, with an address for each `--ray`: what follows it is that only where it looks like one."""
    left = list(args)
    while left:
        word = left.pop(0)
        if word == "--ray":
            word += f"={left.pop(0)}" if left and (_CLUSTER.fullmatch(left[0]) or left[0] == "auto") else "=auto"
        yield word


class Workers(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A number of workers, or `auto`."""

    name = "workers"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """At least 0, or `AUTO`."""
        if value == "auto":
            return AUTO
        if value != AUTO and not str(value).isdigit():
            self.fail(f"{value!r} is no number of workers: write 1, 2 ... or auto; 0 only watches others", param, ctx)
        return int(str(value))


class Share(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """GPUs of one trial: a part of one, or whole ones."""

    name = "gpus"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Above 0; above 1 a whole number."""
        try:
            share = float(str(value))
        except ValueError:
            share = 0.0
        if not 0 < share < math.inf or (share > 1 and not share.is_integer()):
            self.fail(f"{value!r} is no share of a GPU: write 0.5, 0.25, or 1, 2 ... for whole ones", param, ctx)
        return share


class Seeds(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A number of seeds that says something, or 0."""

    name = "seeds"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """0, or at least 3."""
        if not str(value).isdigit() or int(str(value)) in {1, 2}:
            self.fail(f"{value!r}: take 3 or more, whose spread says something, or 0 for none", param, ctx)
        return int(str(value))


@click.command(
    cls=TuneCommand, epilog=EXAMPLES, context_settings={"ignore_unknown_options": True, "allow_extra_args": False}
)
@click.option("--metric", metavar="NAME", help="What is made better; by default the loss of the script's evaluation.")
@click.option(
    "--mode",
    type=click.Choice(["max", "min"]),
    help="Whether higher or lower is better, where its name does not say it.",
)
@click.option(
    "--take",
    type=click.Choice(["last", "best"]),
    default="last",
    show_default=True,
    help="Which value of a run counts.",
)
@click.option(
    "--trials", type=click.IntRange(min=2), metavar="N", help="Settings to try, the script's own first; by default 32."
)
@click.option("--budget", "budget_s", type=Duration(), metavar="TIME", help="No trial begins after it: 20min, 2h.")
@click.option(
    "--workers",
    type=Workers(),
    metavar="N|auto",
    help="Trials at the same time, each a process; by default 1. auto: one on each core, or each GPU; 0 leaves them to"
    " `wellfit worker` elsewhere.",
)
@click.option("--gpus-per-trial", type=Share(), metavar="N", help="0.5 puts two trials on each GPU.")
@click.option("--ray", metavar="[HOST:PORT]", help="Have a Ray cluster run the trials, by default in all its room.")
@click.option(
    "--sampler",
    type=click.Choice(SAMPLERS),
    default="tpe",
    show_default=True,
    help="What proposes settings: a tree-structured Parzen estimator, a Gaussian process, Ax, even points, a grid, or"
    " chance.",
)
@click.option(
    "--seeds",
    type=Seeds(),
    default=3,
    show_default=True,
    metavar="N",
    help="Fresh seeds that the winner and the script's own setting are run on in the end; 0 for none, else 3 or more.",
)
@click.option(
    "--test-metric",
    metavar="NAME",
    help="Looked at in the runs on fresh seeds alone: how well the chosen setting does on rows that chose nothing.",
)
@click.option(
    "--search-seed",
    "seed",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help="Of the proposals; the script keeps its own seeds.",
)
@click.option(
    "--prune/--no-prune",
    default=None,
    help="End trials that others are ahead of; by default where a run takes 10 seconds or more: whole runs say more.",
)
@click.option(
    "--halving",
    is_flag=True,
    help="End all but the best third at a ninth and a third of a run: for little time; a slow beginner is lost.",
)
@click.option("--name", metavar="NAME", help="Of the study; by default the script's name and the time.")
@click.option("--storage", metavar="URL", help="Database that workers on other machines reach; also WELLFIT_STUDY.")
@click.option("--resume", is_flag=True, help="Go on with the last study, or the one that --name says.")
@click.option("--apply", is_flag=True, help="Write the best setting into the script, where fresh seeds confirm it.")
@click.option("--diff", is_flag=True, help="Show what --apply would write.")
@click.option(
    "--force",
    is_flag=True,
    help="With --apply or --diff: an unconfirmed setting, too; and files that git calls changed.",
)
@click.option("--dry", is_flag=True, help="Say what would be searched, and run nothing.")
@files_option("the answer", ".html, .json or .txt")
@click.help_option("-h", "--help")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="SCRIPT [RANGES AND ARGS]...")
@click.pass_context
def tune(  # noqa: PLR0913 - click hands over every option by name, those of `TuneTerms` by theirs
    ctx: click.Context,
    /,
    trials: int | None,
    files: tuple[Path, ...],
    words: tuple[str, ...],
    *,
    workers: int | None,
    gpus_per_trial: float | None,
    ray: str | None,
    resume: bool,
    apply: bool,
    diff: bool,
    force: bool,
    dry: bool,
    **terms: Any,
) -> None:
    """Search over weight decay, dropout, augmentation, learning rate and options of SCRIPT, all of them together.

    Each trial is a whole run of the unmodified script in a copy of this folder, watched and recorded. The best setting
    is then run on fresh seeds beside the script's own: only what holds there is called better.
    """
    from wellfit.cli.exits import FOUND
    from wellfit.cli.output import mistakes_of
    from wellfit.cli.settling import settle_answer
    from wellfit.report.tuned_file import SUFFIXES
    from wellfit.tune.script.space import split_words

    words = (*words, *ctx.obj)
    files = tuple(file.absolute() for file in files)
    kept, knobs = split_words(words)
    alone = ["--force is of use with --apply or --diff only"] if force and not (apply or diff) else []
    if terms["halving"] and terms["prune"] is False:
        alone.append("--halving ends trials early, and --no-prune does not: leave one of them away")
    raise_all([*mistakes_of(files, SUFFIXES), *alone, *_mistakes(words, kept, resume=resume)])
    placed = _placed(workers, gpus_per_trial, ray)
    if dry:
        from wellfit.report.tuned import render_dry

        click.echo(render_dry(kept, knobs, terms["metric"], trials or USUAL_TRIALS, placed.workers))
        return
    from wellfit.tune.search import TuneTerms
    from wellfit.tune.study.storage import place_in_environment

    terms["storage"] = terms["storage"] or place_in_environment()
    answer = _search(kept, knobs, TuneTerms(trials=trials or 0, placed=placed, **terms), files)
    if (apply or diff) and not settle_answer(answer, apply=apply, force=force):
        sys.exit(FOUND)


def _mistakes(words: Sequence[str], kept: Sequence[str], *, resume: bool) -> Iterator[str]:
    if not words and not resume:
        yield "name the script: wellfit tune train.py"
    if words and not kept:
        yield "name the script before its ranges"
    if words and resume:
        yield "--resume goes on with a study, which knows its script and its ranges: leave them away"


def _placed(workers: int | None, gpus: float | None, ray: str | None) -> "Placed":
    from wellfit.tune.places.placed import Placed

    if workers is None:
        workers = AUTO if ray is not None else 1
    return Placed(None if workers == AUTO else workers, gpus, ray)


def _search(kept: Sequence[str], knobs: "tuple[Knob, ...]", terms: "TuneTerms", files: Sequence[Path]) -> "Tuned":
    """Search, show the answer, and write it where files are asked for."""
    from wellfit.cli.exits import SCRIPT_FAILED
    from wellfit.cli.output import output_to_errors, show
    from wellfit.report.tuned import render
    from wellfit.script.command import resolve
    from wellfit.tune.search import begin, resume

    try:
        with output_to_errors(), _listening() as listener:
            if kept:
                answer = begin(resolve(kept), knobs, terms, Path.cwd(), listener)
            else:
                answer = resume(Path.cwd(), terms, listener)
    except KeyboardInterrupt:
        click.echo("wellfit: interrupted; what was tried is kept: wellfit tune --resume goes on", err=True)
        raise
    except FinderError as error:
        if not error.script_failed:
            raise
        click.echo(f"wellfit: {error}", err=True)
        sys.exit(SCRIPT_FAILED)
    show(answer, render, sys.stdout)
    for file in files:
        _write(answer, file)
    return answer


def _write(answer: "Tuned", file: Path) -> None:
    from wellfit.report.tuned_file import write

    try:
        write(answer, file, _record_of(answer))
    except OSError as error:
        raise UsageError(f"{file} could not be written: {error.strerror or error}") from None


def _record_of(answer: "Tuned") -> "RunRecord | None":
    """The record of the script's own run; None where it lies on another machine, or was removed."""
    from wellfit.errors import WellfitError
    from wellfit.keep import front

    try:
        return front.read(answer.own.run).record if answer.own is not None and answer.own.run else None
    except WellfitError:
        return None


@contextmanager
def _listening() -> "Iterator[Listener]":
    """A bar with the best value so far on standard error, where somebody watches; sentences everywhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from wellfit.report.tuned import plan_lines, progress_line
    from wellfit.tune.outcome.answer import Listener

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("looking at the script", total=None)

        def planned(plan: "StudyPlan", notices: Sequence[str]) -> None:
            for line in plan_lines(plan, notices):
                console.print(line, markup=False, highlight=False)
            bar.update(task, description="searching", total=plan.trials)

        def trials(plan: "StudyPlan", ended: "Sequence[TrialSeen]") -> None:
            bar.update(task, description=progress_line(plan, ended), completed=len(ended), total=plan.trials)

        def confirming(done: int, total: int) -> None:
            bar.update(task, description="fresh seeds", completed=done, total=total)

        yield Listener(
            planned, trials, confirming, lambda s: console.print(f"wellfit: {s}", markup=False, soft_wrap=True)
        )
