"""A captured working tree comes back byte by byte, in another folder, also after the repository has moved on."""

import hashlib
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from repositories import ENVIRONMENT, commit_all, contents, git, make_repository

from wellfit.errors import GitError
from wellfit.model.record import GitState, KeptFile
from wellfit.runs.git.capture import capture
from wellfit.runs.git.restore import discard, restore


def captured(root: Path, kept_in: Path) -> GitState:
    state, _ = capture(root, kept_in)
    assert state is not None
    return state


def make_mess(root: Path) -> None:
    """Every kind of change at once."""
    (root / "staged.py").write_text("2\n")
    (root / "added.py").write_text("new\n")
    (root / "old.bin").write_bytes(bytes(range(256)) * 3)
    git(root, "add", "staged.py", "added.py", "old.bin")
    (root / "staged.py").write_text("3\n")
    (root / "no newline.py").write_text("x = 1")
    (root / "crlf.py").write_bytes(b"a\r\nb\r\n")
    (root / "latin.py").write_bytes(b"# \xe9\n")
    (root / "gone.py").unlink()
    (root / "run.sh").chmod(0o755)
    (root / "link.py").unlink()
    (root / "link.py").symlink_to("staged.py")
    (root / "moved.py").rename(root / "elsewhere.py")
    (root / "promised.py").write_text("1\n")
    git(root, "add", "-N", "promised.py")
    (root / "pkg").mkdir()
    (root / "pkg" / os.fsdecode(b"caf\xe9 \n.py")).write_text("1\n")
    (root / "pkg" / "tool").write_text("#!/bin/sh\n")
    (root / "pkg" / "tool").chmod(0o755)
    (root / "data").symlink_to("/nonexistent/data")


FILES = {
    name: f"{name}\n"
    for name in (
        "staged.py",
        "no newline.py",
        "crlf.py",
        "latin.py",
        "gone.py",
        "run.sh",
        "link.py",
        "moved.py",
        "still.py",
    )
}


def test_every_kind_of_change_comes_back(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", FILES)
    (root / "old.bin").write_bytes(b"\0old")
    commit_all(root)
    make_mess(root)
    state, before = captured(root, tmp_path / "record"), contents(root)
    for path in root.iterdir():  # the repository moves on
        if path.name != ".git" and not path.is_dir():
            path.unlink()
    (root / "other.py").write_text("other\n")
    commit_all(root)
    assert restore(state, tmp_path / "record", tmp_path / "again") == ()
    assert contents(tmp_path / "again") == before
    index = git(tmp_path / "again", "diff", "--cached", "--name-only", "HEAD").splitlines()
    assert index == ["added.py", "old.bin", "staged.py"]


@pytest.mark.parametrize("config", ["core.autocrlf", "diff.noprefix", "diff.mnemonicPrefix", "diff.suppressBlankEmpty"])
def test_configuration_of_the_user_bends_nothing(tmp_path: Path, config: str) -> None:
    root = make_repository(tmp_path / "repo", {"a.py": "1\n\n2\n", "b.py": "1\n\n2\n"})
    git(root, "config", config, "input" if config == "core.autocrlf" else "true")
    git(root, "config", "apply.whitespace", "fix")
    (root / "a.py").write_text("1\n\n3  \n")
    git(root, "add", "a.py")
    (root / "b.py").write_text("\n1\n\n4\t\n")
    state, before = captured(root, tmp_path / "record"), contents(root)
    assert restore(state, tmp_path / "record", tmp_path / "again") == ()
    assert contents(tmp_path / "again") == before


LINE_ENDS = {
    "stored LF": (b"1\n2\n3\n", b"1\r\n2\r\n4\r\n"),
    "stored LF, written LF": (b"1\n2\n3\n", b"1\n2\n4\n"),
    "stored CRLF": (b"1\r\n2\r\n3\r\n", b"1\r\n2\r\n4\r\n"),
    "stored CRLF, written LF": (b"1\r\n2\r\n3\r\n", b"1\n2\n4\n"),
    "stored mixed": (b"1\r\n2\n3\r\n", b"1\r\n2\r\n4\r\n"),
}


@pytest.mark.parametrize("staged", [False, True], ids=["unstaged", "staged, too"])
@pytest.mark.parametrize(("stored", "written"), LINE_ENDS.values(), ids=LINE_ENDS)
@pytest.mark.parametrize("config", ["true", "input"])
def test_line_ends_come_back_whatever_git_makes_of_them(
    tmp_path: Path, config: str, stored: bytes, written: bytes, staged: bool
) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q")
    (root / "a.py").write_bytes(stored)
    commit_all(root)
    git(root, "config", "core.autocrlf", config)
    if staged:
        (root / "a.py").write_bytes(written.replace(b"4", b"5"))
        git(root, "add", "a.py")
    (root / "a.py").write_bytes(written)
    (root / "new.py").write_bytes(b"x\r\ny\n")
    state, before = captured(root, tmp_path / "record"), contents(root)
    assert restore(state, tmp_path / "record", tmp_path / "again") == ()
    assert contents(tmp_path / "again") == before
    seen = [git(tree, "diff", "--cached") for tree in (root, tmp_path / "again")]
    assert seen[0] == seen[1]


def test_what_a_filter_took_away_is_told(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"a.py": "1\n"})
    git(root, "config", "core.autocrlf", "true")
    (root / "a.py").write_bytes(b"1\r\n2\n3\r\n")
    state = captured(root, tmp_path / "record")
    (note,) = restore(state, tmp_path / "record", tmp_path / "again")
    assert note == "a.py is not what it was, byte by byte: a filter of git's, or mixed line ends"


def test_hashes_of_a_stranger_lead_nowhere(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"a.py": "1\n"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.py").write_bytes(b"1\n")
    (root / "link").symlink_to(outside)
    (root / "file.py").symlink_to(outside / "b.py")
    commit_all(root)
    state = captured(root, tmp_path / "record")
    crlf = hashlib.sha256(b"1\r\n").hexdigest()
    for path in ("../outside/b.py", "/b.py", ".git/config"):
        with pytest.raises(GitError, match="is no path within a working tree"):
            restore(replace(state, hashes={path: crlf}), tmp_path / "record", tmp_path / "again")
    hashes = {"link/b.py": crlf, "file.py": crlf, "gone.py": crlf}
    notes = restore(replace(state, hashes=hashes), tmp_path / "record", tmp_path / "again")
    assert [note.split(":")[0] for note in notes] == [f"{path} was not looked at" for path in hashes]
    assert (outside / "b.py").read_bytes() == b"1\n"


def test_tree_without_a_commit_comes_back(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q")
    (root / "a.py").write_text("1\n")
    git(root, "add", "a.py")
    (root / "a.py").write_text("2\n")
    (root / "b.py").write_text("1\n")
    state = captured(root, tmp_path / "record")
    assert restore(state, tmp_path / "record", tmp_path / "again") == ()
    assert contents(tmp_path / "again") == contents(root)
    discard(state, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_patch_that_does_not_apply_is_told_and_leaves_no_tree(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (root / "train.py").write_text("2\n")
    state = captured(root, tmp_path / "record")
    patch = tmp_path / "record" / "unstaged.patch"
    patch.write_text(patch.read_text().replace("-print", "-other"))
    with pytest.raises(GitError, match=r"patch failed: train\.py"):
        restore(state, tmp_path / "record", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert len(git(root, "worktree", "list").splitlines()) == 1


def test_conflicting_merge_comes_back(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"a.py": "1\n", "b.py": "1\n"})
    git(root, "checkout", "-q", "-b", "side")
    (root / "a.py").write_text("2\n")
    commit_all(root)
    git(root, "checkout", "-q", "trunk")
    (root / "a.py").write_text("3\n")
    commit_all(root)
    merged = subprocess.run(["git", "merge", "side"], cwd=root, env=ENVIRONMENT, capture_output=True, check=False)
    assert merged.returncode
    (root / "b.py").write_text("4\n")
    state, notes = capture(root, tmp_path / "record")
    assert state is not None
    assert notes == ("1 files are in conflict: changes were taken against the commit, the index is lost",)
    assert restore(state, tmp_path / "record", tmp_path / "again") == ()
    assert contents(tmp_path / "again") == contents(root)


def test_submodule_at_another_commit_comes_back(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"lib.py": "1\n"})
    root = make_repository(tmp_path / "repo")
    git(root, "submodule", "add", "-q", str(library), "lib")
    git(root, "submodule", "add", "-q", str(library), "staged")
    commit_all(root)
    for name in ("lib", "staged"):
        (root / name / "lib.py").write_text("2\n")
        commit_all(root / name)
    git(root, "add", "staged")
    state, before = captured(root, tmp_path / "record"), contents(root)
    git(root / "lib", "checkout", "-q", "HEAD~1")
    assert restore(state, tmp_path / "record", tmp_path / "again") == ()
    assert contents(tmp_path / "again") == before
    discard(state, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert len(git(root, "worktree", "list").splitlines()) == 1


def test_submodule_within_a_submodule_is_told(tmp_path: Path) -> None:
    inner, outer = make_repository(tmp_path / "inner"), make_repository(tmp_path / "outer")
    git(outer, "submodule", "add", "-q", str(inner), "inner")
    commit_all(outer)
    root = make_repository(tmp_path / "repo")
    git(root, "submodule", "add", "-q", str(outer), "outer")
    commit_all(root)
    state = captured(root, tmp_path / "record")
    told = restore(state, tmp_path / "record", tmp_path / "again")
    assert told == ("submodules within outer were not checked out",)


def test_linked_and_shallow_trees_come_back(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin")
    (origin / "train.py").write_text("2\n")
    commit_all(origin)
    git(tmp_path, "clone", "-q", "--depth", "1", origin.as_uri(), str(tmp_path / "shallow"))
    git(tmp_path / "shallow", "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    (tmp_path / "linked" / "train.py").write_text("3\n")
    state = captured(tmp_path / "linked", tmp_path / "record")
    assert (state.is_worktree, state.is_shallow) == (True, True)
    assert restore(state, tmp_path / "record", tmp_path / "again") == ()
    assert (tmp_path / "again" / "train.py").read_text() == "3\n"


def test_sparse_checkout_comes_back(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"a/1.py": "1\n", "b/2.py": "2\n"})
    git(root, "sparse-checkout", "set", "a")
    (root / "a" / "1.py").write_text("3\n")
    state = captured(root, tmp_path / "record")
    assert restore(state, tmp_path / "record", tmp_path / "again") == ()
    assert (tmp_path / "again" / "a" / "1.py").read_text() == "3\n"


def test_another_clone_can_serve(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    git(tmp_path, "clone", "-q", str(root), str(tmp_path / "clone"))
    (root / "train.py").write_text("2\n")
    state = captured(root, tmp_path / "record")
    root.rename(tmp_path / "away")
    with pytest.raises(GitError, match="is no folder"):
        restore(state, tmp_path / "record", tmp_path / "again")
    assert restore(state, tmp_path / "record", tmp_path / "again", repository=tmp_path / "clone") == ()
    assert (tmp_path / "again" / "train.py").read_text() == "2\n"


def test_hooks_are_not_run_and_the_users_tree_is_not_touched(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    hook = root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'hooked'}\n")
    hook.chmod(0o755)
    (root / "train.py").write_text("2\n")
    state, before = captured(root, tmp_path / "record"), contents(root)
    restore(state, tmp_path / "record", tmp_path / "again")
    discard(state, tmp_path / "again")
    assert not (tmp_path / "hooked").exists()
    assert contents(root) == before


def test_what_was_not_kept_is_told(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (root / "image.png").write_bytes(b"\0")
    state = captured(root, tmp_path / "record")
    told = restore(state, tmp_path / "record", tmp_path / "again")
    assert told == ("untracked files without a copy: image.png",)


def test_copy_that_was_changed_is_told(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    (root / "new.py").write_text("1\n")
    state = captured(root, tmp_path / "record")
    (tmp_path / "record" / "untracked" / "new.py").write_text("2\n")
    assert restore(state, tmp_path / "record", tmp_path / "again") == ("new.py is not what was kept of it",)


@pytest.mark.parametrize("path", ["../out.py", "/out.py", "a/../../out.py", ".git/hooks/post-commit", "a/.GIT/config"])
def test_record_of_a_stranger_writes_nothing_outside(tmp_path: Path, path: str) -> None:
    root = make_repository(tmp_path / "repo")
    state = replace(captured(root, tmp_path / "record"), untracked=(KeptFile(path, 1, None, kept=True),))
    with pytest.raises(GitError, match="no path within"):
        restore(state, tmp_path / "record", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"train.py": "1\n"})
    (tmp_path / "outside").mkdir()
    (root / "door").symlink_to(tmp_path / "outside")
    commit_all(root)
    state = captured(root, tmp_path / "record")
    copies = tmp_path / "record" / "untracked" / "door"
    copies.mkdir(parents=True)
    (copies / "x.py").write_text("1\n")
    state = replace(state, untracked=(KeptFile("door/x.py", 2, None, kept=True),))
    assert restore(state, tmp_path / "record", tmp_path / "again") == (
        "door/x.py was not written: its folder is a link",
    )
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("commit", ["--orphan", "HEAD;ls", "trunk"])
def test_commit_of_a_stranger_is_no_option(tmp_path: Path, commit: str) -> None:
    root = make_repository(tmp_path / "repo")
    state = replace(captured(root, tmp_path / "record"), commit=commit)
    with pytest.raises(GitError, match="is no commit"):
        restore(state, tmp_path / "record", tmp_path / "again")
