"""`wellfit fix`: run a script, watch it, and write the edits that cure what was found."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellfit.cli.options import ScriptCommand, files_option, rule_options, script_argument, with_options
from wellfit.cli.output import deliver, mistakes_of, output_to_errors
from wellfit.errors import raise_all

if TYPE_CHECKING:
    from wellfit.fix.patch import Outcome, Patch
    from wellfit.model.report import Report

EXAMPLES = """\b
Examples:
  wellfit fix train.py --epochs 1          show the edits as a diff
  wellfit fix train.py | git apply         apply them by git
  wellfit fix --apply train.py             write them
  wellfit fix --apply --unsafe train.py    and those that may change what the program is meant to do
  wellfit fix --select WF101 train.py      the edit for one rule

\b
Exit codes: 0 nothing to fix, or the edits were written; 1 edits were shown and not written; 2 usage error, or a run
that trains nothing; 3 the script itself failed.
"""


@click.command(cls=ScriptCommand, epilog=EXAMPLES)
@click.option("--apply", is_flag=True, help="Write the edits: all files or none.")
@click.option("--unsafe", is_flag=True, help="Include edits that may change what the program is meant to do.")
@click.option("--force", is_flag=True, help="Write files that git does not know, or that have uncommitted changes.")
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="End the script after N optimizer steps.")
@with_options(rule_options)
@files_option("the check's report", ".txt, .json or .html")
@click.option("--quiet", "-q", is_flag=True, help="Print no summary; the diff and the exit code remain.")
@click.help_option("-h", "--help")
@script_argument
def fix(  # noqa: PLR0913 - click hands over every option by name
    steps: int | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    files: tuple[Path, ...],
    script: tuple[str, ...],
    *,
    apply: bool,
    unsafe: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Run SCRIPT once, find out why its model under-performs, and show the edits that cure it as one diff.

    Options stand before SCRIPT; what follows it is the script's own. The diff goes to standard output, and everything
    that SCRIPT prints to standard error. File names in it are relative to the script's folder.
    """
    from wellfit import api

    files = tuple(file.absolute() for file in files)
    raise_all(_mistakes(files, force=force, apply=apply))
    asked = api.plan(script, select=select, ignore=ignore, steps=steps)
    started = time.time_ns()
    with output_to_errors():
        report = api.check(asked)
    deliver(report, files=files, terminal=None, shape="text")
    patch = _patch(report, unsafe=unsafe, started=started)
    if apply:
        _write(patch, force=force)
    else:
        _show(patch, report.root)
    if not quiet:
        _summarize(patch, report, applied=apply)
    sys.exit(_exit_code(patch, report, applied=apply))


def _mistakes(files: tuple[Path, ...], *, force: bool, apply: bool) -> list[str]:
    return [*mistakes_of(files), *(["--force is of use with --apply only"] if force and not apply else [])]


def _patch(report: "Report", *, unsafe: bool, started: int) -> "Patch":
    from wellfit.fix.edits import write_edits
    from wellfit.fix.patch import make_patch
    from wellfit.report.source import read_sources

    sources = read_sources(report)
    changed = [file for file in sources.files if Path(file).stat().st_mtime_ns > started]
    return make_patch(write_edits(report, sources), sources, unsafe=unsafe, changed=changed)


def _write(patch: "Patch", *, force: bool) -> None:
    from wellfit.fix.write import write_files

    write_files(patch.files, force=force)


def _show(patch: "Patch", root: str) -> None:
    """Bytes, so that `git apply` finds each file's own encoding and line ends."""
    from wellfit.fix.write import BYTE_ORDER_MARK, encoding_of

    for file in patch.files:
        encoding = encoding_of(Path(file))
        signed = encoding == "utf-8-sig"
        diff = patch.diff(file, root=root, mark=BYTE_ORDER_MARK if signed else "")
        sys.stdout.buffer.write(diff.encode("utf-8" if signed else encoding))
    sys.stdout.flush()


def _summarize(patch: "Patch", report: "Report", *, applied: bool) -> None:
    from wellfit.report.naming import plural, printable

    fixed = sum(outcome.status == "fixed" for outcome in patch.outcomes)
    count = len(patch.outcomes)
    done = "written" if applied else "shown, not written: --apply writes them"
    kind = "a safe edit" if any(outcome.status == "unsafe" for outcome in patch.outcomes) else "an edit to make"
    nowhere = f"{plural(count, 'finding')}, none with {kind}"
    head = f"{fixed} of {count} findings fixed, {done}" if fixed else nowhere
    nothing = "nothing found, nothing to fix" if report.steps else "no optimizer step was watched: nothing is known"
    click.echo(f" {head if count else nothing}", err=True)
    for outcome in patch.outcomes:
        click.echo(f"   {_describe(outcome, report.root)}", err=True)
    for notice in report.notices:
        click.echo(f"   {'notice':<8} {printable(notice)}", err=True)


def _describe(outcome: "Outcome", root: str) -> str:
    from wellfit.report.naming import printable, shown_place

    finding, verdict = outcome.finding, outcome.verdict
    where = f"{shown_place(finding.where, root)}  " if finding.where else ""
    line = f"{outcome.status:<8} {where}{verdict.rule} {verdict.name}: {finding.fix.title}"
    if outcome.reason is None:
        return printable(line)
    told = {"fixed": "unsafe", "unsafe": "--unsafe includes it", "no edit": "why"}[outcome.status]
    return printable(f"{line}\n            {told}: {outcome.reason}")


def _exit_code(patch: "Patch", report: "Report", *, applied: bool) -> int:
    from wellfit.cli.exits import CLEAR, FAILED, FOUND, SCRIPT_FAILED

    if report.exit_code:
        return SCRIPT_FAILED
    if patch.files:
        return CLEAR if applied else FOUND
    return CLEAR if report.steps else FAILED
