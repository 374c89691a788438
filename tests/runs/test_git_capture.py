"""What is recorded of a working tree, in every state that one can be in."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from repositories import commit_all, git, make_repository

from wellfit.model.record import GitState, KeptFile, Submodule
from wellfit.runs.git import untracked
from wellfit.runs.git.capture import capture


def captured(folder: Path, tmp_path: Path) -> tuple[GitState, tuple[str, ...]]:
    state, notes = capture(folder, tmp_path / "record")
    assert state is not None, notes
    return state, notes


def test_clean_tree_is_its_commit_and_nothing_is_written(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    state, notes = captured(root, tmp_path)
    assert state == GitState(str(root), git(root, "rev-parse", "HEAD"), "trunk")
    assert not state.dirty
    assert notes == ()
    assert list((tmp_path / "record").iterdir()) == []


def test_changes_are_told_apart_by_where_they_stand(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"a.py": "1\n", "b.py": "1\n", "sub/c.py": "1\n"})
    (root / "a.py").write_text("2\n")
    git(root, "add", "a.py")
    (root / "a.py").write_text("3\n")
    (root / "b.py").unlink()
    (root / "new.py").write_text("x = 1\n")
    state, notes = captured(root / "sub", tmp_path)
    assert (state.staged, state.unstaged) == (("a.py",), ("a.py", "b.py"))
    assert [(file.path, file.kept) for file in state.untracked] == [("new.py", True)]
    assert state.dirty
    assert notes == ()
    assert "+2" in (tmp_path / "record" / "staged.patch").read_text()
    assert "+3" in (tmp_path / "record" / "unstaged.patch").read_text()


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (root / "train.py").write_text("TOKEN = 'x'\n")
    (root / "new.py").write_text("TOKEN = 'x'\n")
    captured(root, tmp_path)
    record = tmp_path / "record"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [record, *record.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


def test_detached_head_has_no_branch(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    git(root, "checkout", "-q", "--detach")
    state, _ = captured(root, tmp_path)
    assert state.branch is None
    assert state.commit == git(root, "rev-parse", "HEAD")


def test_repository_without_commits_has_none(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    git(tmp_path / "repo", "init", "-q", "-b", "trunk")
    (tmp_path / "repo" / "train.py").write_text("1\n")
    git(tmp_path / "repo", "add", "train.py")
    state, _ = captured(tmp_path / "repo", tmp_path)
    assert (state.commit, state.branch, state.staged) == (None, "trunk", ("train.py",))
    assert (tmp_path / "record" / "staged.patch").stat().st_size


def test_without_git_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(tmp_path / "repo")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert capture(root, tmp_path / "record") == (None, ("no commit was recorded: git is not installed",))


def test_outside_a_repository_the_reason_is_told(tmp_path: Path) -> None:
    state, notes = capture(tmp_path, tmp_path / "record")
    assert state is None
    assert "not a git repository" in notes[0]


def test_bare_repository_has_no_tree_to_record(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    git(tmp_path / "bare", "init", "-q", "--bare")
    state, notes = capture(tmp_path / "bare", tmp_path / "record")
    assert state is None
    assert "work tree" in notes[0]


def test_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    state, notes = capture(tmp_path / "gone", tmp_path / "record")
    assert state is None
    assert "is no folder" in notes[0]


def test_repository_of_another_owner_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(tmp_path / "repo")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    state, notes = capture(root, tmp_path / "record")
    assert state is None
    assert "ownership" in notes[0]


def test_linked_worktree_is_one(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    git(root, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    state, _ = captured(tmp_path / "linked", tmp_path)
    assert (state.is_worktree, state.branch, state.root) == (True, "side", str(tmp_path / "linked"))


def test_shallow_clone_is_one(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (root / "train.py").write_text("2\n")
    head = commit_all(root)
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), str(tmp_path / "shallow"))
    state, _ = captured(tmp_path / "shallow", tmp_path)
    assert (state.is_shallow, state.commit) == (True, head)


def test_submodules_tell_their_commit_and_whether_they_are_dirty(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"lib.py": "1\n"})
    root = make_repository(tmp_path / "repo")
    for name in ("still", "dirty", "moved"):
        git(root, "submodule", "add", "-q", str(library), name)
    head = commit_all(root)
    (root / "dirty" / "lib.py").write_text("2\n")
    (root / "moved" / "lib.py").write_text("3\n")
    moved = commit_all(root / "moved")
    state, notes = captured(root, tmp_path)
    first = git(library, "rev-parse", "HEAD")
    assert state.submodules == (
        Submodule("dirty", first, dirty=True),
        Submodule("moved", moved, dirty=False),
        Submodule("still", first, dirty=False),
    )
    assert (state.commit, state.unstaged, state.dirty) == (head, ("moved",), True)
    assert notes == ("changes within submodules were not kept: dirty",)


def test_submodule_that_was_never_fetched_has_no_commit(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"lib.py": "1\n"})
    root = make_repository(tmp_path / "repo")
    git(root, "submodule", "add", "-q", str(library), "lib")
    commit_all(root)
    git(tmp_path, "clone", "-q", str(root), str(tmp_path / "clone"))
    state, _ = captured(tmp_path / "clone", tmp_path)
    assert state.submodules == (Submodule("lib", None, dirty=False),)


NAMES = [
    b"with space.py",
    b"new\nline.py",
    b'tab\tand "quote".py',
    b"latin-\xe9.py",
    "ünï.py".encode(),
    b"-x.py",
    b"a\\b.py",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_bytes_are_kept(tmp_path: Path, name: bytes) -> None:
    root = make_repository(tmp_path / "repo")
    for prefix in (b"tracked ", b""):
        Path(os.fsdecode(os.path.join(os.fsencode(root), prefix + name))).write_text("1\n")
    git(root, "add", "tracked *")
    state, notes = captured(root, tmp_path)
    assert [path.encode("utf-8", "surrogateescape") for path in state.staged] == [b"tracked " + name]
    assert [file.path.encode("utf-8", "surrogateescape") for file in state.untracked] == [name]
    assert (tmp_path / "record" / "untracked" / os.fsdecode(name)).read_text() == "1\n"
    assert notes == ()


def test_root_whose_name_is_no_utf8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9\nbar")
    root = make_repository(folder)
    (root / "new.py").write_text("1\n")
    state, _ = captured(root, tmp_path)
    assert os.fsdecode(state.root.encode("utf-8", "surrogateescape")) == str(folder)
    assert state.untracked[0].kept


def test_ignored_files_and_our_own_are_never_kept(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {".gitignore": "*.pt\n.env\n", "train.py": "1\n"})
    for name in ("weights.pt", ".env", ".wellfit/x.py", "sub/.wellfit/y.py", "seen.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1\n")
    state, _ = capture(root, root / "records" / "one")
    assert state is not None
    again, _ = capture(root, root / "records" / "one")
    assert again is not None
    assert [file.path for file in again.untracked] == ["seen.py"]


def test_large_and_binary_files_are_listed_without_a_copy(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    with (root / "huge.csv").open("wb") as file:
        file.truncate(8 * 2**30)
    (root / "image.png").write_bytes(b"\x89PNG\0\0")
    started = time.monotonic()
    state, notes = captured(root, tmp_path)
    assert time.monotonic() - started < 2
    huge, image = state.untracked
    assert huge == KeptFile("huge.csv", 8 * 2**30, None, kept=False)
    assert (image.size_bytes, image.kept, image.sha256 is not None) == (6, False, True)
    assert not (tmp_path / "record" / "untracked").exists()
    assert notes == (
        "untracked files above 1,048,576 bytes were listed and not copied: huge.csv",
        "untracked binary files were listed and not copied: image.png",
    )


def test_copies_end_at_their_sum(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    for index in range(25):
        (root / f"{index:02}.py").write_text("#" * 2**20)
    state, notes = captured(root, tmp_path)
    assert sum(file.kept for file in state.untracked) == untracked.ALL_BYTES // 2**20
    assert notes == ("untracked files beyond 20,971,520 bytes in all were listed and not copied: 20.py and 4 more",)


def test_sources_are_listed_before_data_where_there_are_too_many(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (root / "data").mkdir()
    for index in range(untracked.MOST_FILES + 500):
        (root / "data" / f"{index}.txt").touch()
    (root / "zoo.py").write_text("1\n")
    state, notes = captured(root, tmp_path)
    assert (len(state.untracked), state.untracked_left_out) == (untracked.MOST_FILES, 501)
    assert state.untracked[-1].path == "zoo.py"
    assert "501 more untracked files were not listed" in notes


def test_changes_that_are_too_large_are_told_and_no_half_is_left(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"a.txt": "1\n", "b.txt": "1\n"})
    (root / "a.txt").write_text("2\n")
    git(root, "add", "a.txt")
    (root / "b.txt").write_text("0123456789abcde\n" * 2**21)
    state, notes = captured(root, tmp_path)
    assert not state.patches_kept
    assert notes == ("the changes since the commit were not kept: git diff said more than 20,971,520 bytes",)
    assert list((tmp_path / "record").iterdir()) == []


def test_thousands_of_changed_files_are_counted_and_kept(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {f"{index}.py": "1\n" for index in range(2_100)})
    for path in root.glob("*.py"):
        path.write_text("2\n")
    state, notes = captured(root, tmp_path)
    assert len(state.unstaged) == 2_000
    assert notes == ("2,100 files differ from the commit, of which 2,000 are listed; the patches hold all",)
    assert (tmp_path / "record" / "unstaged.patch").read_text().count("diff --git") == 2_100


def test_links_are_kept_as_links_and_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "data").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as door:
        place = Path(os.path.relpath(root / "door"))
        door.bind(str(place))
        state, _ = captured(root, tmp_path)
    assert [file.path for file in state.untracked] == ["data", "out.txt"]
    assert all(file.kept for file in state.untracked)
    assert (tmp_path / "record" / "untracked" / "out.txt").is_symlink()
    assert not any(
        path.read_bytes() == b"secret"
        for path in (tmp_path / "record").rglob("*")
        if not path.is_symlink() and path.is_file()
    )


def test_repository_within_is_listed_and_not_copied(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    make_repository(root / "inner")
    state, notes = captured(root, tmp_path)
    assert state.untracked == (KeptFile("inner/", 0, None, kept=False),)
    assert notes == ("untracked repositories of their own were listed and not copied: inner/",)


def test_variables_of_another_repository_are_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, other = make_repository(tmp_path / "repo"), make_repository(tmp_path / "other", {"x": "1\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    state, notes = captured(root, tmp_path)
    assert (state.root, state.dirty) == (str(root), False)
    assert notes[0] == "GIT_DIR of the environment was set aside"


def test_files_out_of_a_sparse_checkout_are_no_changes(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"a/1.py": "1\n", "b/2.py": "2\n"})
    git(root, "sparse-checkout", "set", "a")
    assert not (root / "b").exists()
    state, notes = captured(root, tmp_path)
    assert not state.dirty
    assert notes == ()


@pytest.mark.parametrize("mark", ["--skip-worktree", "--assume-unchanged"])
def test_changes_that_git_overlooks_are_told(tmp_path: Path, mark: str) -> None:
    root = make_repository(tmp_path / "repo")
    git(root, "update-index", mark, "train.py")
    (root / "train.py").write_text("print('loss 2')\n")
    state, notes = captured(root, tmp_path)
    assert not state.dirty
    assert notes == ("git was told to overlook changes of train.py: they were not kept",)


def test_programs_of_the_configuration_are_not_started(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"train.py": "1\n", ".gitattributes": "*.py diff=mine\n"})
    touched = tmp_path / "touched"
    for name in ("diff.external", "diff.mine.textconv", "diff.mine.command", "core.fsmonitor", "core.pager"):
        git(root, "config", name, f"touch {touched}; cat")
    for name, value in {
        "diff.noprefix": "true",
        "color.ui": "always",
        "diff.context": "0",
        "status.relativePaths": "true",
    }.items():
        git(root, "config", name, value)
    (root / "train.py").write_text("2\n")
    captured(root, tmp_path)
    assert not touched.exists()
    assert (tmp_path / "record" / "unstaged.patch").read_bytes().startswith(b"diff --git a/train.py b/train.py\n")


def test_repository_is_left_as_it_is(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (root / "train.py").write_text("2\n")
    (root / "new.py").write_text("2\n")

    def seen() -> dict[Path, tuple[int, int]]:
        return {p: (p.lstat().st_mtime_ns, p.lstat().st_size) for p in root.rglob("*")}

    before = seen()
    captured(root, tmp_path)
    assert seen() == before


def test_git_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(tmp_path / "repo")
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\nsleep 60 & sleep 60\n")
    (fake / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")
    started = time.monotonic()
    state, notes = capture(root, tmp_path / "record", timeout_s=0.3)
    assert time.monotonic() - started < 3
    assert state is None
    assert notes == ("no commit was recorded: git rev-parse did not end within 0.3 s",)


def test_record_that_cannot_be_written_still_tells_the_commit(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (root / "train.py").write_text("2\n")
    (root / "new.py").write_text("2\n")
    (tmp_path / "file").write_text("")
    state, notes = capture(root, tmp_path / "file" / "record")
    assert state is not None
    assert (state.commit, state.unstaged, state.patches_kept) == (git(root, "rev-parse", "HEAD"), ("train.py",), False)
    assert notes == ("the changes since the commit were not kept: Not a directory",)


READ_ONLY = """
import os, sys
from pathlib import Path
from wellfit.runs.git.capture import capture
if os.geteuid() == 0:  # whom no mode of a file stops
    os.setuid(65534)
state, notes = capture(Path(sys.argv[1]), Path(sys.argv[2]))
print(state and (state.staged, state.unstaged, state.patches_kept), notes)
"""


def test_read_only_tree_and_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(Path(tempfile.mkdtemp()) / "repo")  # tmp_path is for its owner alone
    root.parent.chmod(0o755)
    (root / "train.py").write_text("2\n")
    (root / "record").mkdir()
    for path in [root, *root.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")  # who reads it in this test does not own it
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    try:
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(root), str(root / "record")],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for path in [root, *root.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(root.parent)
    assert done.returncode == 0, done.stderr
    told = "('the changes since the commit were not kept: Permission denied',)"
    assert done.stdout.strip() == f"((), ('train.py',), False) {told}"


def test_small_repository_takes_little_time(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {f"{index}.py": "1\n" for index in range(50)})
    (root / "1.py").write_text("2\n")
    (root / "new.py").write_text("2\n")
    times = []
    for index in range(5):
        started = time.perf_counter()
        capture(root, tmp_path / str(index))
        times.append(time.perf_counter() - started)
    print(f"git capture: {min(times):.3f} s at best, {max(times):.3f} s at worst")
    assert min(times) < 0.2
