"""The code of a recorded run in folders of its own: a working tree of git's, copies of what lies in none, or both."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from wellfit.errors import GitError, UsageError
from wellfit.model.record import GitState, OwnSources
from wellfit.runs.git.restore import discard, restore
from wellfit.runs.own_sources import restore_sources
from wellfit.runs.store import KeptRun


@dataclass(frozen=True, slots=True)
class Tree:
    """Code in another place.

    Args:
        root: where it lay, absolute.
        folder: where it lies now, absolute and without links.
        files: absolute paths of those that were kept one by one, as they were.
    """

    root: Path
    folder: Path
    files: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Trees:
    """All code of a run.

    Args:
        each: that of the repository, if any, before that which lies in none.
        beside: empty folder for a run whose working folder held none of its code.
        notes: what is not as it was, a sentence each.
    """

    each: tuple[Tree, ...]
    beside: Path
    notes: tuple[str, ...]

    @property
    def main(self) -> Tree:
        """That which data may be linked into."""
        return self.each[0]

    def working_folder(self, folder: Path) -> Path:
        """Where a run works that worked in a folder.

        Args:
            folder: absolute.
        """
        tree = next((tree for tree in self.each if folder.is_relative_to(tree.root)), None)
        return self.beside if tree is None else tree.folder / folder.relative_to(tree.root)

    def moved(self, word: str, folder: Path) -> str:
        """An argument that names something of the code names it where it lies now.

        Args:
            word: of a command.
            folder: absolute, in which the command was given.
        """
        for tree in self.each:
            if word.startswith(f"{tree.root}{os.sep}"):
                return f"{tree.folder}{word[len(str(tree.root)) :]}"
            path = Path(os.path.normpath(folder / word))
            if path in tree.files and not folder.is_relative_to(tree.root):
                return str(tree.folder / path.relative_to(tree.root))
        return word


@contextmanager
def brought_back(run: KeptRun) -> Iterator[Trees]:
    """The code of a run; it goes away when the block ends.

    Args:
        run: that has its commit, its sources, or both.

    Raises:
        UsageError: it cannot be brought back; the text says why.
    """
    record = run.record
    with ExitStack() as leaving:
        temporary = tempfile.TemporaryDirectory(prefix="wellfit-rerun-", ignore_cleanup_errors=True)
        place = Path(leaving.enter_context(temporary)).resolve()
        notes: list[str] = []
        trees: list[Tree] = []
        try:
            if record.git is not None:
                leaving.callback(_discard, record.git, place / "tree")
                notes += restore(record.git, run.folder, place / "tree")
                trees.append(Tree(Path(record.git.root), place / "tree"))
            if record.sources is not None:
                notes += restore_sources(record.sources, run.folder, place / "sources")
                trees.append(_of_sources(record.sources, place / "sources"))
        except GitError as error:
            raise UsageError(f"the code cannot be brought back: {error}") from error
        yield Trees(tuple(trees), place / "beside", tuple(notes))


def _of_sources(sources: OwnSources, folder: Path) -> Tree:
    root = Path(sources.root)
    return Tree(root, folder, frozenset(root / file.path for file in sources.files if file.kept))


def _discard(git: GitState, tree: Path) -> None:
    with suppress(GitError):
        discard(git, tree)
