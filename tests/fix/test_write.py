"""Writing a patch: all files or none, each at once, and nothing of a file changes but its text."""

import subprocess
import sys
from pathlib import Path

import pytest

from wellfit.errors import UsageError
from wellfit.fix.write import decode, write_files

OLD, NEW = "x = 1\n", "x = 2\n"


def write(file: Path, old: str = OLD, new: str = NEW, **options: bool) -> None:
    write_files({str(file): (old, new)}, **options)


def make(folder: Path, content: bytes = OLD.encode(), name: str = "train.py") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_file_is_written_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = make(tmp_path)
    write(file)
    assert file.read_text() == NEW
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfx = 1\r\n", b"\xef\xbb\xbfx = 2\r\n"),
        ("# coding: latin-1\nx = 1  # é\n".encode("latin-1"), "# coding: latin-1\nx = 2  # é\n".encode("latin-1")),
        ("x = 1  # ü 漢字 🔥".encode(), "x = 2  # ü 漢字 🔥".encode()),
        (b"if x:\r\n\tx = 1\r\n", b"if x:\r\n\tx = 2\r\n"),
    ],
)
def test_encoding_mark_and_line_ends_stay(tmp_path: Path, before: bytes, after: bytes) -> None:
    file = make(tmp_path, before)
    old = decode(file)
    write(file, old, old.replace("1", "2") if "latin" not in old else old.replace("x = 1", "x = 2"))
    assert file.read_bytes() == after


def test_mode_stays(tmp_path: Path) -> None:
    file = make(tmp_path)
    file.chmod(0o750)
    write(file)
    assert file.stat().st_mode & 0o777 == 0o750


def test_symbolic_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file = make(tmp_path / "real")
    link = tmp_path / "train.py"
    link.symlink_to(file)
    write(link)
    assert link.is_symlink()
    assert file.read_text() == NEW


def test_file_that_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    file = make(tmp_path, b"x = 3\n")
    with pytest.raises(UsageError, match="changed on disk"):
        write(file)
    assert file.read_text() == "x = 3\n"


def test_read_only_file_is_refused(tmp_path: Path) -> None:
    file = make(tmp_path)
    file.chmod(0o444)
    with pytest.raises(UsageError, match="permission denied"):
        write(file)
    assert file.read_text() == OLD


def test_one_obstacle_keeps_all_files_as_they_are_and_all_are_told(tmp_path: Path) -> None:
    good, stale, gone = make(tmp_path), make(tmp_path, b"y\n", "stale.py"), tmp_path / "gone.py"
    with pytest.raises(UsageError) as error:
        write_files({str(f): (OLD, NEW) for f in (good, stale, gone)})
    assert len(error.value.mistakes) == 2
    assert good.read_text() == OLD


def test_committed_file_is_written(tmp_path: Path) -> None:
    file = make(tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "-qm", "first")
    write(file)
    assert file.read_text() == NEW
    with pytest.raises(UsageError, match="not committed"):
        write(file, NEW, OLD)
    write(file, NEW, OLD, force=True)
    assert file.read_text() == OLD


def test_file_that_git_does_not_know_is_refused(tmp_path: Path) -> None:
    file = make(tmp_path)
    git(tmp_path, "init", "-q")
    with pytest.raises(UsageError, match="does not know it yet; commit it first, or use --force"):
        write(file)
    assert file.read_text() == OLD


def test_git_of_another_folder_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    git(tmp_path / "other", "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    file = make(tmp_path)
    write(file)
    assert file.read_text() == NEW


def test_machine_without_git_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    write(file)
    assert file.read_text() == NEW


KILLED = """
import os, sys
from pathlib import Path
from wellfit.fix.write import write_files
Path.replace = lambda self, target: os._exit(9)
write_files({sys.argv[1]: ("x = 1\\n", "x = 2\\n")})
"""


def test_machine_that_stops_before_the_exchange_leaves_the_old_file(tmp_path: Path) -> None:
    file = make(tmp_path)
    result = subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert result.returncode == 9
    assert file.read_text() == OLD


def test_failure_in_the_midst_brings_the_first_file_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make(tmp_path), make(tmp_path, name="second.py")
    exchange, calls = Path.replace, []

    def fail_once(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return exchange(self, target)

    monkeypatch.setattr(Path, "replace", fail_once)
    with pytest.raises(UsageError, match="nothing was written"):
        write_files({str(f): (OLD, NEW) for f in (first, second)})
    assert (first.read_text(), second.read_text()) == (OLD, OLD)
    assert sorted(tmp_path.iterdir()) == [second, first]
