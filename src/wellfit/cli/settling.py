"""The setting that a search found, written into the script or shown as a patch."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellfit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellfit.fix.patch import Patch
    from wellfit.fix.settings.edits import Settled
    from wellfit.model.place import Place
    from wellfit.model.study import Seen
    from wellfit.model.tuned import Tuned


PRESENT = "wellfit: the script has this setting already"


def settle_answer(answer: "Tuned", *, apply: bool, force: bool) -> bool:
    """Show the patch that writes the best setting into the script, and write it where that is asked for.

    Args:
        answer: of a search.
        apply: write it.
        force: also where fresh seeds did not find it better, and into files that git calls changed.

    Returns:
        Whether there is nothing left to do: False where part of the setting has to be written by hand.

    Raises:
        UsageError: it is not to be written, or a file cannot be.
    """
    from wellfit.fix.settings.edits import settle
    from wellfit.fix.settings.files import files_of
    from wellfit.fix.write import write_files
    from wellfit.model.place import Place
    from wellfit.report.source import sources_of
    from wellfit.runs.applied import is_applied, note_applied
    from wellfit.runs.home import find_home

    winner, plan = answer.winner, answer.plan
    if winner is None or not winner.slot or (answer.verdict != "better" and not force):
        _refuse(answer, apply=apply)
        return True
    folder = Path(plan.folder)
    places = [place.file for place in _places(plan.seen)]
    files = files_of(plan.words, folder, places)
    sources = sources_of(Place(str(file), 1, "<module>") for file in files)
    texts = {file: "".join(lines) for file, lines in sources.files.items()}
    home = find_home(folder)
    if is_applied(home, plan.name, winner.values, texts):
        click.echo(PRESENT, err=True)
        return True
    settled = settle(plan, winner.values, sources)
    _show(settled.patch, folder)
    if apply:
        write_files(settled.patch.files, force=force)
        if settled.patch.files and not settled.by_hand:
            note_applied(home, plan.name, winner.values, {file: new for file, (_, new) in settled.patch.files.items()})
    _say(settled, folder, applied=apply)
    return not settled.by_hand


def _places(seen: "Seen") -> "Iterator[Place]":
    """Lines of the program at which something of the setting may have to be written."""
    for one in seen.rates:
        yield from (place for place in (one.made_at, one.scheduled_at, *one.stepped_at) if place is not None)
    yield from (site.place for site in seen.images)
    yield from seen.losses


def _refuse(answer: "Tuned", *, apply: bool) -> None:
    why = {
        "own": "the script's own setting is the best",
        "none": "no trial was whole",
        "tie": "fresh seeds find no difference to the script's own setting",
        "worse": "on fresh seeds the script's own setting is better",
        "unconfirmed": "no fresh seeds have confirmed the best setting",
    }[answer.verdict]
    more = "" if answer.verdict in ("own", "none") else "; --force does it all the same"
    if apply:
        raise UsageError(f"--apply: nothing was written, since {why}{more}")
    click.echo(f"wellfit: no diff, since {why}{more}", err=True)


def _show(patch: "Patch", root: Path) -> None:
    """Bytes, so that `git apply` finds each file's own encoding and line ends."""
    from wellfit.fix.write import BYTE_ORDER_MARK, encoding_of

    sys.stdout.flush()
    for file in patch.files:
        encoding = encoding_of(Path(file))
        signed = encoding == "utf-8-sig"
        diff = patch.diff(file, root=str(root), mark=BYTE_ORDER_MARK if signed else "")
        sys.stdout.buffer.write(diff.encode("utf-8" if signed else encoding))
    sys.stdout.flush()


def _say(settled: "Settled", root: Path, *, applied: bool) -> None:
    from wellfit.report.naming import on_one_line, shown_file

    if settled.written and settled.patch.files:
        files = ", ".join(shown_file(file, str(root)) for file in settled.patch.files)
        done = f"written to {files}" if applied else f"would change in {files}; --apply writes it"
        click.echo(f"wellfit: {', '.join(map(on_one_line, settled.written))} {done}", err=True)
    for one in settled.by_hand:
        click.echo(on_one_line(f"wellfit: {one.name} was not written, since {one.reason}"), err=True)
        click.echo(on_one_line(f"         by hand: {one.instead}"), err=True)
    if not settled.patch.files and not settled.by_hand:
        click.echo(PRESENT, err=True)
