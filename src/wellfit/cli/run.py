"""`wellfit run`: run a script, recorded and otherwise as it is."""

import sys

import click

from wellfit.cli.options import ScriptCommand, script_argument

EXAMPLES = """\b
Examples:
  wellfit run train.py --lr 0.1        as `python train.py --lr 0.1`, and recorded
  wellfit run -m package.train
  wellfit run torchrun --nproc-per-node 2 train.py
  wellfit runs                         what ran; `wellfit runs --help` shows what can be asked

\b
Exit codes: the script's own; 2 for a usage error.
"""


@click.command(cls=ScriptCommand, epilog=EXAMPLES)
@click.option("--quiet", "-q", is_flag=True, help="Do not say where the record lies.")
@click.help_option("-h", "--help")
@script_argument
def run(script: tuple[str, ...], *, quiet: bool) -> None:
    """Run SCRIPT, unmodified, and record it: code, command, options, versions, seeds, first batches and metrics.

    The record lies in `.wellfit` at the root of git's working tree, or in this folder where there is none. It holds the
    commit, the changes beyond it and untracked sources, or copies of the script and its modules where there is no git,
    so that `wellfit rerun` can have the run again. Values of environment variables are never recorded, and what looks
    like a secret is masked.
    """
    from pathlib import Path

    from wellfit.keep.run import Asked, record_run  # neither `api` nor `keep.front`: 0.4 s before the script starts
    from wellfit.report.naming import printable
    from wellfit.script.command import resolve

    kept = record_run(Asked(resolve(script), Path.cwd()))
    if not quiet:
        for notice in (*kept.notices, *kept.record.notes):
            click.echo(f"wellfit: {printable(notice)}", err=True)
        if kept.record.id:
            best = " ".join(f"{m.name}={m.best:.4g}" for m in kept.record.metrics[:4])
            click.echo(
                f"wellfit: {kept.record.status}, recorded as {kept.record.id} {printable(best)}".rstrip(), err=True
            )
    code = kept.outcome.exit_code
    sys.exit(code if code >= 0 else 128 - code)
